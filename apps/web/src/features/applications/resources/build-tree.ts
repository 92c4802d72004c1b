import type { Application, ApplicationTree, Health, ResourceNode, ResourceRef } from '../../../lib/api-types.ts';
import { type Filter, matchesFilter } from '../../../lib/filter.ts';
import { resourceId } from '../resource-id.ts';

/** One resource with everything the tree and the list show of it. */
export interface ResourceItem {
  id: string;
  ref: ResourceRef;
  health?: Health | undefined;
  /** Only resources that come from Git have a sync status; what the cluster made from them has none. */
  sync?: string | undefined;
  requiresPruning: boolean;
  wave: number;
  createdAt?: string | undefined;
  info: { name: string; value: string }[];
  images: string[];
  children: ResourceItem[];
}

export const resourceFilterKeys = ['kind', 'health', 'sync', 'name', 'ns', 'wave'] as const;

/** Joins what is live with what Git wants into a forest of owners and owned, ordered by wave, kind and name. */
export function buildForest(app: Application | undefined, tree: ApplicationTree | undefined): ResourceItem[] {
  const items = new Map<string, ResourceItem>();
  const byUid = new Map<string, ResourceItem>();
  const parents = new Map<string, ResourceRef[]>();
  for (const node of tree?.nodes ?? []) {
    const item = fromNode(node);
    items.set(item.id, item);
    if (node.uid) byUid.set(node.uid, item);
    if (node.parentRefs) parents.set(item.id, node.parentRefs);
  }
  for (const resource of app?.status?.resources ?? []) {
    if (resource.hook) continue;
    const id = resourceId(resource);
    const item: ResourceItem = items.get(id) ?? {
      id,
      ref: resource,
      requiresPruning: false,
      wave: 0,
      info: [],
      images: [],
      children: [],
    };
    item.sync = resource.status;
    item.health = resource.health ?? item.health;
    item.requiresPruning = resource.requiresPruning === true;
    item.wave = resource.syncWave ?? 0;
    items.set(id, item);
  }
  const roots: ResourceItem[] = [];
  for (const item of items.values()) {
    const owner = (parents.get(item.id) ?? [])
      .map((ref) => (ref.uid && byUid.get(ref.uid)) || items.get(resourceId(ref)))
      .find((found) => found !== undefined && found !== item);
    if (owner) owner.children.push(item);
    else roots.push(item);
  }
  sortItems(roots);
  return roots;
}

function fromNode(node: ResourceNode): ResourceItem {
  const { group, version, kind, namespace, name, uid } = node;
  return {
    id: resourceId(node),
    ref: {
      kind,
      name,
      ...(group && { group }),
      ...(version && { version }),
      ...(namespace && { namespace }),
      ...(uid && { uid }),
    },
    health: node.health,
    requiresPruning: false,
    wave: 0,
    createdAt: node.createdAt,
    info: node.info ?? [],
    images: node.images ?? [],
    children: [],
  };
}

const kindOrder = [
  'Namespace',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Rollout',
  'CronJob',
  'Job',
  'Service',
  'Ingress',
  'HTTPRoute',
];

function sortItems(items: ResourceItem[]): void {
  const rank = (kind: string) => (kindOrder.includes(kind) ? kindOrder.indexOf(kind) : kindOrder.length);
  items.sort(
    (a, b) =>
      a.wave - b.wave ||
      rank(a.ref.kind) - rank(b.ref.kind) ||
      a.ref.kind.localeCompare(b.ref.kind) ||
      // The newest ReplicaSet first.
      (a.ref.kind === 'ReplicaSet' ? (b.createdAt ?? '').localeCompare(a.createdAt ?? '') : 0) ||
      a.ref.name.localeCompare(b.ref.name),
  );
  for (const item of items) sortItems(item.children);
}

/** Whether a resource and all it owns is as it should be. */
export function isCalm(item: ResourceItem): boolean {
  const healthy = item.health === undefined || item.health.status === undefined || item.health.status === 'Healthy';
  return healthy && item.sync !== 'OutOfSync' && !item.requiresPruning && item.children.every(isCalm);
}

export function countItems(items: readonly ResourceItem[]): number {
  return items.reduce((sum, item) => sum + 1 + countItems(item.children), 0);
}

/** Keeps what matches and the owners above it. */
export function filterForest(items: readonly ResourceItem[], filter: Filter): ResourceItem[] {
  if (filter.terms.length === 0) return [...items];
  return items.flatMap((item) => {
    const children = filterForest(item.children, filter);
    if (children.length > 0 || matchesFilter(filter, (key) => readItem(item, key))) return [{ ...item, children }];
    return [];
  });
}

function readItem(item: ResourceItem, key: string | undefined): string[] {
  switch (key) {
    case undefined:
      return [item.ref.name, item.ref.kind];
    case 'kind':
      return [item.ref.kind];
    case 'health':
      return [item.health?.status ?? 'None'];
    case 'sync':
      return item.sync ? [item.sync] : [];
    case 'name':
      return [item.ref.name];
    case 'ns':
      return [item.ref.namespace ?? ''];
    case 'wave':
      return item.sync ? [String(item.wave)] : [];
    default:
      return [];
  }
}

/** How often each value of a key occurs, for the chips. */
export function countValues(
  items: readonly ResourceItem[],
  key: 'health' | 'sync' | 'kind',
  counts: Record<string, number> = {},
): Record<string, number> {
  for (const item of items) {
    for (const value of readItem(item, key)) counts[value] = (counts[value] ?? 0) + 1;
    countValues(item.children, key, counts);
  }
  return counts;
}
