import { groupBy } from '../../../lib/group-by.ts';
import { isCalm, type ResourceItem } from './build-tree.ts';

/** What stands on the canvas. */
export type Card =
  | { type: 'application'; id: string }
  | { type: 'resource'; id: string; item: ResourceItem; hidden: number; expandable: boolean; expanded: boolean }
  | { type: 'pods'; id: string; pods: ResourceItem[] }
  | { type: 'fold'; id: string; label: string; items: ResourceItem[] };

export interface PlacedCard {
  id: string;
  card: Card;
  x: number;
  y: number;
  width: number;
  height: number;
  parentId: string | undefined;
  childIds: string[];
}

export interface TreeOptions {
  /** Hides what hangs below resources that are fine, and folds many alike into one card. */
  collapseCalm: boolean;
  /** What a person opened or closed by hand: id → open. */
  toggled: ReadonlyMap<string, boolean>;
}

interface Branch {
  card: Card;
  height: number;
  children: Branch[];
}

const cardWidth = 240;
const cardHeight = 54;
const foldHeight = 40;
const columnGap = 64;
const rowGap = 12;
const podsPerRow = 12;
const podSize = 17;
export const maxPodDots = 48;
const configKinds = new Set([
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'NetworkPolicy',
  'PodDisruptionBudget',
]);

/**
 * Places the ownership forest left to right below the application, every owner beside its first child, so that a long
 * forest reads from the top like a list. Pure: the same input gives the same picture.
 */
export function layoutTree(roots: readonly ResourceItem[], options: TreeOptions): PlacedCard[] {
  const placed: PlacedCard[] = [];
  const place = (branch: Branch, depth: number, top: number, parentId: string | undefined): number => {
    const { card, height, children } = branch;
    placed.push({
      id: card.id,
      card,
      x: depth * (cardWidth + columnGap),
      y: top,
      width: cardWidth,
      height,
      parentId,
      childIds: children.map((child) => child.card.id),
    });
    let next = top;
    for (const child of children) next = place(child, depth + 1, next, card.id) + rowGap;
    return Math.max(top + height, next - rowGap);
  };
  place(
    { card: { type: 'application', id: 'application' }, height: cardHeight, children: branches(roots, options, true) },
    0,
    0,
    undefined,
  );
  return placed;
}

function branches(items: readonly ResourceItem[], options: TreeOptions, top: boolean): Branch[] {
  const result: Branch[] = [];
  const pods = items.filter((item) => item.ref.kind === 'Pod' && item.children.length === 0);
  const rest = items.filter((item) => !pods.includes(item));
  const folds = top ? foldsOf(rest, options) : foldsOfReplicaSets(rest, options);
  const folded = new Set(folds.flatMap((fold) => fold.items));
  for (const item of rest) if (!folded.has(item)) result.push(branch(item, options));
  if (pods.length > 0) {
    const rows = Math.ceil(Math.min(pods.length, maxPodDots) / podsPerRow);
    result.push({
      card: { type: 'pods', id: `pods ${pods[0]?.id}`, pods },
      height: 32 + rows * podSize + 8,
      children: [],
    });
  }
  for (const { id, label, items: inside } of folds)
    result.push({ card: { type: 'fold', id, label, items: inside }, height: foldHeight, children: [] });
  return result;
}

function branch(item: ResourceItem, options: TreeOptions): Branch {
  const opened = options.toggled.get(item.id);
  const wanted = opened ?? !(options.collapseCalm && isCalm(item));
  const expandable = item.children.length > 0;
  const expanded = expandable && wanted;
  return {
    card: { type: 'resource', id: item.id, item, hidden: expanded ? 0 : descendants(item), expandable, expanded },
    height: cardHeight,
    // What a person opened is shown whole.
    children: expanded
      ? branches(item.children, { ...options, collapseCalm: options.collapseCalm && opened !== true }, false)
      : [],
  };
}

interface Fold {
  id: string;
  label: string;
  items: ResourceItem[];
}

const workloadKinds = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Rollout']);

/** How many alike make one card. Workloads are what people look for, so they stay longest. */
function foldsFrom(label: string, collapseCalm: boolean): number {
  if (label === configuration) return 4;
  if (!collapseCalm) return Number.POSITIVE_INFINITY;
  return workloadKinds.has(label) ? 30 : 7;
}

const configuration = 'Configuration';

/** What is alike and fine stands as one card; what needs attention is never folded. */
function foldsOf(items: readonly ResourceItem[], options: TreeOptions): Fold[] {
  const groups = groupBy(
    items.filter((item) => isCalm(item) && item.ref.kind !== 'Pod'),
    (item) => (configKinds.has(item.ref.kind) ? configuration : item.ref.kind),
  );
  return [...groups].flatMap(([kind, inside]) => {
    const id = `fold ${kind}`;
    const open = options.toggled.get(id) === true;
    return inside.length >= foldsFrom(kind, options.collapseCalm) && !open
      ? [{ id, label: kind === configuration ? kind : plural(kind), items: inside }]
      : [];
  });
}

/** Ingress → Ingresses, NetworkPolicy → NetworkPolicies, Service → Services. */
function plural(kind: string): string {
  if (/(s|x|ch)$/.test(kind)) return `${kind}es`;
  return /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}

/** ReplicaSets without pods are the past of a Deployment. */
function foldsOfReplicaSets(items: readonly ResourceItem[], options: TreeOptions): Fold[] {
  const old = items.filter((item) => item.ref.kind === 'ReplicaSet' && item.children.length === 0);
  const id = `fold ${old[0]?.id}`;
  if (old.length === 0 || old.length === items.length || options.toggled.get(id) === true) return [];
  return [{ id, label: old.length === 1 ? 'Old ReplicaSet' : 'Old ReplicaSets', items: old }];
}

function descendants(item: ResourceItem): number {
  return item.children.reduce((sum, child) => sum + 1 + descendants(child), 0);
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** Where an arrow key leads: to the parent, the first child, or the nearest card above or below in the same column. */
export function neighbour(cards: readonly PlacedCard[], id: string, direction: Direction): string | undefined {
  const current = cards.find((card) => card.id === id);
  if (!current) return cards[0]?.id;
  if (direction === 'left') return current.parentId;
  if (direction === 'right') return current.childIds[0];
  const column = cards.filter((card) => card.x === current.x);
  return column[column.indexOf(current) + (direction === 'up' ? -1 : 1)]?.id;
}
