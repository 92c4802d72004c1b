import { healthTone, syncLabel, type Tone } from '../../../lib/status.ts';
import type { ResourceItem } from './build-tree.ts';

/** The one tone that says most about a resource: trouble first, then drift. */
export function itemTone(item: ResourceItem): Tone {
  const health = item.health?.status;
  if (health && health !== 'Healthy') return healthTone(health);
  if (item.requiresPruning) return 'prune';
  if (item.sync === 'OutOfSync') return 'outofsync';
  return health ? 'healthy' : 'unknown';
}

/** Everything the marks on a card say, as words. */
export function itemLabel(item: ResourceItem): string {
  return [
    `${item.ref.kind} ${item.ref.name}`,
    item.health?.status,
    item.requiresPruning ? 'to be pruned' : item.sync && syncLabel(item.sync),
    item.children.length > 0 && `${item.children.length} below`,
  ]
    .filter(Boolean)
    .join(', ');
}
