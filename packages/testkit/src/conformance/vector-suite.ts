/** What running one vector file gives. */
export interface SuiteResult {
  agreed: number;
  total: number;
  /** One line per disagreement, for `--verbose`. */
  disagreements: string[];
}

/** Runs one recorded file. `lines` are its JSON lines, `folder` is where its companions lie. */
export type VectorSuite = (lines: unknown[], folder: string) => SuiteResult | Promise<SuiteResult>;

/** Counts agreement over cases; `check` returns undefined when it agrees, else what differs. */
export function countAgreement<T>(
  cases: Iterable<T>,
  check: (one: T, index: number) => string | undefined,
): SuiteResult {
  const result: SuiteResult = { agreed: 0, total: 0, disagreements: [] };
  for (const one of cases) {
    result.total += 1;
    let difference: string | undefined;
    try {
      difference = check(one, result.total - 1);
    } catch (error) {
      difference = error instanceof Error ? `throws ${error.message}` : 'throws';
    }
    if (difference === undefined) result.agreed += 1;
    else result.disagreements.push(`#${result.total}: ${difference}`);
  }
  return result;
}
