import type { KubernetesObject } from '../kubernetes/object.ts';

/**
 * Runs jq. The host brings it (a WebAssembly build), because core does no I/O and ships no interpreter.
 */
export interface JqEvaluator {
  /**
   * A copy of the object after `del(<expression>)` for each expression in turn. An expression that fails, or takes
   * longer than a second, is skipped and named with its problem; this never throws because of an expression.
   */
  deletePaths(object: KubernetesObject, expressions: string[]): Promise<JqResult>;
}

export interface JqResult {
  object: KubernetesObject;
  problems: JqProblem[];
}

export interface JqProblem {
  expression: string;
  /** What jq says, or how long it took. */
  problem: string;
}
