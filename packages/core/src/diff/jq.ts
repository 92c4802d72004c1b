import type { KubernetesObject } from '../kubernetes/object.ts';

/**
 * Runs jq. The host brings it (a WebAssembly build), because core does no I/O and ships no interpreter.
 */
export interface JqEvaluator {
  /**
   * A copy of the object after `del(<expression>)` for each expression in turn. An expression that fails, or takes
   * longer than a second, is reported by the host and skipped; this never throws because of an expression.
   */
  deletePaths(object: KubernetesObject, expressions: string[]): Promise<KubernetesObject>;
}
