// What comparing one object costs, beside the least any comparison can do (a deep comparison of two equal trees):
//   npx tsx bench/diff.ts [--n 2000] [--cluster sandbox|kube]
// Targets are applied to the API server once, so that the live objects are what it makes of them: defaults, managed fields.
import { parseArgs } from 'node:util';
import {
  DEFAULT_DIFF_SETTINGS,
  diffResource,
  type GroupVersionKind,
  gvkOf,
  type KubernetesObject,
  PredictionCache,
  predictionsNeeded,
  type ResourcePair,
  resourceKeyOf,
} from '@lockstep/core';
import { equalJson, type ValueType } from '@lockstep/structured-merge';
import { KubernetesClient } from '../apps/server/src/kubernetes/kubernetes-client.ts';
import { startBenchCluster } from './bench-cluster.ts';
import { median, print } from './measure.ts';
import { shopManifests } from './shop-application.ts';

const { values } = parseArgs({
  options: { n: { type: 'string', default: '2000' }, cluster: { type: 'string', default: 'sandbox' } },
});
const count = Number(values.n);
const ROUNDS = 7;

await using cluster = await startBenchCluster(values.cluster);
await using connection = cluster.connect();
const client = new KubernetesClient(connection);
await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
const types = new Map<string, ValueType | undefined>();
const originals: { target: string; live: string }[] = [];
for (const text of Object.values(shopManifests()).flatMap((file) => file.split('\n---\n'))) {
  const target = JSON.parse(text) as KubernetesObject;
  target.metadata.namespace = 'shop';
  const live = await client.apply(target, { fieldManager: DEFAULT_DIFF_SETTINGS.fieldManager, force: true });
  types.set(kindText(gvkOf(target)), await client.typeOf(gvkOf(target)));
  originals.push({ target: JSON.stringify(target), live: JSON.stringify(live) });
}
const typeOf = (kind: GroupVersionKind): ValueType | undefined => types.get(kindText(kind));

const floor: number[] = [];
const parse: number[] = [];
const merged: number[] = [];
const predicted: number[] = [];
const remembered: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  // New objects in each round: what is remembered goes with the identity of an object.
  parse.push(time(() => freshPairs().length));
  const pairs = freshPairs();
  const twins = freshPairs();
  floor.push(time(() => pairs.every(({ live }, index) => equalJson(live, twins[index]?.live))));

  const cache = new PredictionCache();
  merged.push(time(() => compare(pairs, cache)));
  // The same content in other objects, as after a relist: the cache answers by content.
  predicted.push(time(() => compare(twins, cache)));
  remembered.push(time(() => compare(twins, cache)));
}
const base = median(floor);
print('floor: deep comparison of two equal objects', { microseconds: base });
print('JSON.parse of target and live', { microseconds: median(parse), ratioToFloor: median(parse) / base });
print('first comparison (typed merge, normalise, diff)', {
  microseconds: median(merged),
  ratioToFloor: median(merged) / base,
});
print('equal content in new objects', { microseconds: median(predicted), ratioToFloor: median(predicted) / base });
print('same objects again', { microseconds: median(remembered), ratioToFloor: median(remembered) / base });

/** Microseconds for each pair. */
function time(body: () => unknown): number {
  const started = performance.now();
  body();
  return ((performance.now() - started) * 1000) / count;
}

function freshPairs(): ResourcePair[] {
  return Array.from({ length: count }, (_, index): ResourcePair => {
    const { target, live } = originals[index % originals.length] as { target: string; live: string };
    const parsed = JSON.parse(target) as KubernetesObject;
    const { version } = gvkOf(parsed);
    return {
      key: resourceKeyOf(parsed),
      version,
      target: parsed,
      live: JSON.parse(live) as KubernetesObject,
    } as ResourcePair;
  });
}

function compare(pairs: ResourcePair[], cache: PredictionCache): void {
  const settings = DEFAULT_DIFF_SETTINGS;
  for (const pair of pairs) {
    const { needed, predictions } = predictionsNeeded({ pairs: [pair], settings, cache, typeOf });
    if (needed.length > 0) throw new Error(`${pair.key.kind} ${pair.key.name} needs a dry run: it is not equal`);
    const prediction = [...predictions.values()][0];
    const { target, live } = pair as { target: KubernetesObject; live: KubernetesObject };
    const diff = diffResource({ target, live, prediction, type: typeOf(gvkOf(target)), settings });
    if ('then' in diff || diff.modified) throw new Error(`${pair.key.kind} ${pair.key.name} differs`);
  }
}

function kindText({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}/${kind}`;
}
