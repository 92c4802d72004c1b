import { canonicalQuantity } from '../../validation/quantity.ts';
import type { PodSpec } from '../machinery/objects.ts';

/** The quality of service class that follows from requests and limits. */
export function qosClass({ containers, initContainers = [] }: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const all = [...containers, ...initContainers];
  const hasAny = all.some(({ resources }) =>
    Object.keys({ ...resources?.requests, ...resources?.limits }).some(isCounted),
  );
  if (!hasAny) return 'BestEffort';
  const isGuaranteed = all.every(({ resources }) =>
    ['cpu', 'memory'].every((name) => {
      const limit = resources?.limits?.[name];
      return (
        limit !== undefined && canonicalQuantity(resources?.requests?.[name] ?? limit) === canonicalQuantity(limit)
      );
    }),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}

function isCounted(resource: string): boolean {
  return resource === 'cpu' || resource === 'memory';
}
