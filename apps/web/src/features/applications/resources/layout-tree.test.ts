import { describe, expect, it } from 'vitest';
import type { Application, ResourceNode } from '../../../lib/api-types.ts';
import { parseFilter } from '../../../lib/filter.ts';
import { buildForest, countItems, filterForest, resourceFilterKeys } from './build-tree.ts';
import { layoutTree, neighbour, type PlacedCard } from './layout-tree.ts';

const node = (
  kind: string,
  name: string,
  parent?: ResourceNode,
  health: 'Healthy' | 'Degraded' = 'Healthy',
): ResourceNode => ({
  kind,
  name,
  version: 'v1',
  namespace: 'n',
  uid: `${kind}-${name}`,
  health: { status: health },
  ...(parent && { parentRefs: [{ kind: parent.kind, name: parent.name, namespace: 'n', uid: parent.uid ?? '' }] }),
});

const api = node('Deployment', 'api');
const set = node('ReplicaSet', 'api-new', api);
const old = node('ReplicaSet', 'api-old', api);
const pods = Array.from({ length: 14 }, (_, index) => node('Pod', `api-${index}`, set));
const app: Application = {
  metadata: { name: 'shop', namespace: 'argocd' },
  spec: { project: 'default', destination: {} },
  status: {
    resources: [
      { kind: 'Deployment', name: 'api', namespace: 'n', version: 'v1', status: 'Synced' },
      {
        kind: 'Service',
        name: 'api',
        namespace: 'n',
        version: 'v1',
        status: 'OutOfSync',
        health: { status: 'Missing' },
      },
    ],
  },
};
const forest = buildForest(app, { nodes: [api, set, old, ...pods] });
const layout = (collapseCalm: boolean, toggled = new Map<string, boolean>()) =>
  layoutTree(forest, { collapseCalm, toggled });
const card = (cards: PlacedCard[], id: string) => cards.find((each) => each.id === id);

describe('buildForest', () => {
  it('joins live resources with what Git wants, and adds what is missing', () => {
    expect(forest.map((item) => [item.ref.kind, item.sync])).toEqual([
      ['Deployment', 'Synced'],
      ['Service', 'OutOfSync'],
    ]);
    expect(countItems(forest)).toBe(18);
  });

  it('keeps the owners of what matches a filter', () => {
    const found = filterForest(forest, parseFilter('kind:Pod name:api-13', resourceFilterKeys));
    expect(countItems(found)).toBe(3);
    expect(found[0]?.children[0]?.children.map((item) => item.ref.name)).toEqual(['api-13']);
  });
});

describe('layoutTree', () => {
  it('shows pods as one card and folds old ReplicaSets', () => {
    const cards = layout(false);
    expect(cards.map((each) => each.card.type)).toEqual([
      'application',
      'resource',
      'resource',
      'pods',
      'fold',
      'resource',
    ]);
    const strip = cards.find((each) => each.card.type === 'pods');
    expect(strip?.height).toBeGreaterThan(card(cards, '/Deployment/n/api')?.height ?? 0);
  });

  it('hides what is below a healthy resource when asked, and says how much', () => {
    const deployment = card(layout(true), '/Deployment/n/api')?.card;
    expect(deployment).toMatchObject({ hidden: 16, expanded: false });
    expect(layout(true, new Map([['/Deployment/n/api', true]]))).toHaveLength(layout(false).length);
  });

  it('never hides trouble', () => {
    const broken = buildForest(app, {
      nodes: [api, set, old, ...pods.slice(1), node('Pod', 'api-0', set, 'Degraded')],
    });
    expect(
      layoutTree(broken, { collapseCalm: true, toggled: new Map() }).some((each) => each.card.type === 'pods'),
    ).toBe(true);
  });

  it('places no two cards of a column over each other', () => {
    const cards = layout(false);
    for (const a of cards)
      for (const b of cards)
        if (a !== b && a.x === b.x && a.y <= b.y) expect(b.y).toBeGreaterThanOrEqual(a.y + a.height);
  });

  it('takes ten times as long for ten times the resources, not a hundred times', () => {
    const forest = (deployments: number) => {
      const many = Array.from({ length: deployments }, (_, index) => node('Deployment', `d${index}`)).flatMap(
        (each) => {
          const child = node('ReplicaSet', `${each.name}-rs`, each);
          return [each, child, node('Pod', `${each.name}-pod`, child, 'Degraded')];
        },
      );
      return buildForest(undefined, { nodes: many });
    };
    /** Milliseconds, the best of some. */
    const timeOf = (items: ReturnType<typeof forest>, cards: number): number =>
      Math.min(
        ...Array.from({ length: 7 }, () => {
          const start = performance.now();
          expect(layoutTree(items, { collapseCalm: false, toggled: new Map() })).toHaveLength(cards);
          return performance.now() - start;
        }),
      );
    const few = timeOf(forest(100), 301);
    expect(timeOf(forest(1000), 3001) / few).toBeLessThan(40);
  });
});

describe('neighbour', () => {
  const cards = layout(false);
  it('moves to parents, children and along the column', () => {
    expect(neighbour(cards, '/Deployment/n/api', 'left')).toBe('application');
    expect(neighbour(cards, '/Deployment/n/api', 'right')).toBe('/ReplicaSet/n/api-new');
    expect(neighbour(cards, '/Deployment/n/api', 'down')).toBe('/Service/n/api');
    expect(neighbour(cards, '/Service/n/api', 'down')).toBeUndefined();
  });
});
