import type { ValueType } from './schema.ts';

/** How strategic merge treats a field, from `x-kubernetes-patch-strategy` and `x-kubernetes-patch-merge-key`. */
export interface PatchStrategy {
  strategy: 'merge' | 'replace' | undefined;
  /** Fields the patch does not name are cleared (unions such as a Deployment's strategy, or a volume's source). */
  retainKeys: boolean;
  /** The field that tells items of a list apart; undefined for lists of scalars. */
  mergeKey: string | undefined;
}

/** The strategy of a field's type. */
export function patchStrategyOf(type: ValueType): PatchStrategy {
  const strategies = String(type.schema?.['x-kubernetes-patch-strategy'] ?? '').split(',');
  return {
    strategy: strategies.includes('merge') ? 'merge' : strategies.includes('replace') ? 'replace' : undefined,
    retainKeys: strategies.includes('retainKeys'),
    mergeKey: type.schema?.['x-kubernetes-patch-merge-key'],
  };
}
