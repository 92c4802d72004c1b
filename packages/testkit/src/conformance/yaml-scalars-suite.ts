import { parseKubernetesYaml } from '@lockstep/core';
import { equalJson } from '@lockstep/structured-merge';
import { countAgreement, type VectorSuite } from './vector-suite.ts';

interface Case {
  yaml: string;
  json?: string;
  error?: boolean;
}

/** YAML texts and the JSON that sigs.k8s.io/yaml makes of them, or that it refuses them. The first document counts. */
export const yamlScalarsSuite: VectorSuite = (lines) =>
  countAgreement(lines as Case[], (one) => {
    const outcome = read(one.yaml);
    if (one.error === true) return outcome.error === undefined ? `${one.yaml} is read, recorded an error` : undefined;
    if (outcome.error !== undefined) return `${one.yaml} is refused: ${outcome.error}`;
    const wanted = exactJson(one.json ?? '');
    if (equalJson(outcome.document, wanted)) return undefined;
    return `${one.yaml} is ${String(outcome.document)}, recorded ${one.json}`;
  });

function read(text: string): { document?: unknown; error?: string } {
  try {
    return { document: parseKubernetesYaml(text, { bigIntegers: 'bigint' })[0]?.document ?? null };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** The recorded JSON; a bare integer beyond 2^53 inside an object is read as bigint. */
function exactJson(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  const integer = /^\{"a":(-?\d+)\}$/.exec(text)?.[1];
  if (integer === undefined || Number.isSafeInteger(Number(integer))) return parsed;
  const exact = BigInt(integer);
  // Go makes a float of what does not fit 64 bits.
  return exact < -(1n << 63n) || exact >= 1n << 64n ? parsed : { a: exact };
}
