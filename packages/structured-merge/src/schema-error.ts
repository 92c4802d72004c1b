/** A value does not fit its schema: a duplicate or missing list key, an undeclared field, a wrong type. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  /** One message per problem, each starting with the path where known. */
  readonly problems: string[];
  constructor(problems: string[]) {
    super(problems.length === 1 ? problems[0] : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}
