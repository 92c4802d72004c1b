import { applyPatch, SchemaSet, untyped, type ValueType } from '@lockstep/structured-merge';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DIFF_SETTINGS, type IgnoreRule } from '../diff/diff-settings.ts';
import { FIELD_MANAGER } from '../kubernetes/annotations.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { respectIgnoreDifferences } from './respect-ignore-differences.ts';

const NOW = '2026-01-01T12:00:00Z';

/** Deployments as far as these tests need them: containers by name, arguments and hosts as one value. */
const schemas = new SchemaSet({
  Deployment: {
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      spec: {
        type: 'object',
        properties: {
          replicas: { type: 'integer' },
          paused: { type: 'boolean' },
          sidecar: { type: 'string' },
          selector: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
          hosts: { type: 'array', 'x-kubernetes-list-type': 'atomic', items: { type: 'object' } },
          containers: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
            items: {
              type: 'object',
              properties: {
                name: { type: 'string' },
                image: { type: 'string' },
                args: { type: 'array', 'x-kubernetes-list-type': 'atomic', items: { type: 'string' } },
              },
            },
          },
        },
      },
    },
  },
});
const TYPES: [string, ValueType | undefined][] = [
  ['with a schema', schemas.component('Deployment')],
  ['without one', undefined],
];

type Spec = Record<string, unknown>;

function deployment(spec: Spec, metadata: Record<string, unknown> = {}): KubernetesObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop', ...metadata }, spec };
}

function applied(
  config: KubernetesObject,
  by: string,
  live: KubernetesObject | undefined,
  type = schemas.component('Deployment'),
): KubernetesObject {
  return applyPatch({ type: type ?? untyped, live, config, manager: by, force: true, now: NOW })
    .object as KubernetesObject;
}

/** What the cluster has after we applied one state and others their part of it. */
function liveAfter(ours: Spec, ...others: [string, Spec][]): KubernetesObject {
  return others.reduce(
    (live, [manager, spec]) => applied(deployment(spec), manager, live),
    applied(deployment(ours), FIELD_MANAGER, undefined),
  );
}

/** `del(.spec.containers[] | select(.name == "…"))` without jq. */
function withoutContainer(name: string) {
  return {
    deletePaths: (object: KubernetesObject) => {
      const spec = object['spec'] as { containers: { name: string }[] };
      const containers = spec.containers.filter((container) => container.name !== name);
      return Promise.resolve({ object: { ...object, spec: { ...spec, containers } }, problems: [] });
    },
  };
}

function respect(
  sides: { target: Spec; live: KubernetesObject },
  rule: Partial<IgnoreRule>,
  more: Partial<Parameters<typeof respectIgnoreDifferences>[2]> = {},
) {
  const settings = { ...DEFAULT_DIFF_SETTINGS, ignoreDifferences: [{ group: 'apps', kind: 'Deployment', ...rule }] };
  return respectIgnoreDifferences(deployment(sides.target), sides.live, {
    settings,
    jq: undefined,
    type: schemas.component('Deployment'),
    replaces: false,
    migrates: true,
    ...more,
  });
}

async function specFor(...given: Parameters<typeof respect>): Promise<unknown> {
  return (await respect(...given))['spec'];
}

/** What the cluster has after that was applied, and who owns what. */
async function outcome(...given: Parameters<typeof respect>) {
  const object = applied(await respect(...given), FIELD_MANAGER, given[0].live);
  const ours = object.metadata.managedFields?.find(({ manager }) => manager === FIELD_MANAGER);
  return { spec: object['spec'], ours: JSON.stringify(ours?.fieldsV1) };
}

describe.each(TYPES)('%s', (_name, type) => {
  const scaled = liveAfter({ replicas: 1 }, ['autoscaler', { replicas: 5 }]);

  it('an ignored field that somebody else owns is left out', async () => {
    const sides = { target: { replicas: 1, paused: true }, live: scaled };
    expect(await specFor(sides, { jsonPointers: ['/spec/replicas'] }, { type })).toEqual({ paused: true });
    expect(await outcome(sides, { jsonPointers: ['/spec/replicas'] }, { type })).toEqual({
      spec: { replicas: 5, paused: true },
      ours: expect.not.stringContaining('replicas'),
    });
  });

  it('an ignored field that is ours alone keeps the live value, which it would lose otherwise', async () => {
    const sides = { target: { replicas: 1, paused: true }, live: liveAfter({ replicas: 3 }) };
    expect(await specFor(sides, { jsonPointers: ['/spec/replicas'] }, { type })).toEqual({ replicas: 3, paused: true });
  });

  it('what was applied on the client counts as ours, unless it stays with its manager', async () => {
    const entry = { manager: 'kubectl-client-side-apply', operation: 'Update', apiVersion: 'apps/v1' } as const;
    const live = deployment(
      { replicas: 3 },
      { managedFields: [{ ...entry, fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }] },
    );
    const sides = { target: { replicas: 1 }, live };
    const rule = { jsonPointers: ['/spec/replicas'] };
    expect(await specFor(sides, rule, { type })).toEqual({ replicas: 3 });
    expect(await specFor(sides, rule, { type, migrates: false })).toEqual({});
  });

  it('a replacement names all of it', async () => {
    const live = liveAfter({ replicas: 1 }, ['autoscaler', { replicas: 5 }], ['injector', { sidecar: 'on' }]);
    const rule = { jsonPointers: ['/spec/replicas', '/spec/sidecar'] };
    expect(await specFor({ target: { replicas: 1 }, live }, rule, { type, replaces: true })).toEqual({
      replicas: 5,
      sidecar: 'on',
    });
  });
});

const containers = (...items: [string, string][]) => ({ containers: items.map(([name, image]) => ({ name, image })) });

describe('in lists that are merged by key', () => {
  const updated = liveAfter(containers(['a', 'a:1'], ['b', 'b:1']), ['updater', containers(['a', 'a:9'])]);

  it('only the ignored member of an item is left alone, whatever the order', async () => {
    const sides = { target: containers(['b', 'b:2'], ['a', 'a:2']), live: updated };
    const pointers = { jsonPointers: ['/spec/containers/0/image', '/spec/containers/1/image'] };
    expect(await specFor(sides, pointers)).toEqual({ containers: [{ name: 'b', image: 'b:1' }, { name: 'a' }] });
    const { spec, ours } = await outcome(sides, pointers);
    expect(spec).toEqual(containers(['b', 'b:1'], ['a', 'a:9']));
    expect(ours).not.toContain('"k:{\\"name\\":\\"a\\"}":{".":{},"f:image"');
  });

  it('an index beyond the end ignores nothing', async () => {
    const sides = { target: containers(['a', 'a:2'], ['b', 'b:2']), live: updated };
    expect(await specFor(sides, { jsonPointers: ['/spec/containers/7/image'] })).toEqual(sides.target);
  });

  const rule = { jqPathExpressions: ['.spec.containers[] | select(.name == "sidecar")'] };
  const jq = withoutContainer('sidecar');

  it('an item that somebody else added stays theirs', async () => {
    const live = liveAfter(containers(['a', 'a:1']), ['injector', containers(['sidecar', 's:1'])]);
    const { spec, ours } = await outcome({ target: containers(['a', 'a:2']), live }, rule, { jq });
    expect(spec).toEqual(containers(['a', 'a:2'], ['sidecar', 's:1']));
    expect(ours).not.toContain('sidecar');
  });

  it('an item of Git that somebody changed stays as it is, at its place', async () => {
    const live = liveAfter(containers(['sidecar', 's:1'], ['a', 'a:1']), ['updater', containers(['sidecar', 's:9'])]);
    const { spec, ours } = await outcome({ target: containers(['sidecar', 's:1'], ['a', 'a:2']), live }, rule, { jq });
    expect(spec).toEqual(containers(['sidecar', 's:9'], ['a', 'a:2']));
    expect(ours).not.toContain('sidecar');
  });

  it('an item that was in Git and is ignored now stays, at its place', async () => {
    const live = liveAfter(containers(['a', 'a:1'], ['sidecar', 's:1'], ['b', 'b:1']));
    const { spec } = await outcome({ target: containers(['a', 'a:2'], ['b', 'b:1']), live }, rule, { jq });
    expect(spec).toEqual(containers(['a', 'a:2'], ['sidecar', 's:1'], ['b', 'b:1']));
  });

  it('an item that only Git has is not added', async () => {
    const live = liveAfter(containers(['a', 'a:1']));
    const sides = { target: containers(['a', 'a:2'], ['sidecar', 's:1']), live };
    expect(await specFor(sides, { ...rule, jsonPointers: ['/spec/containers/0/image'] }, { jq })).toEqual(
      containers(['a', 'a:1']),
    );
  });

  it('a replacement names the item, at its place', async () => {
    const live = liveAfter(containers(['sidecar', 's:1'], ['a', 'a:1']));
    const replaced = await specFor({ target: containers(['a', 'a:2']), live }, rule, { jq, replaces: true });
    expect(replaced).toEqual(containers(['sidecar', 's:1'], ['a', 'a:2']));
  });

  it('what a trusted manager owns in an item is left alone', async () => {
    const sides = { target: containers(['a', 'a:2'], ['b', 'b:2']), live: updated };
    const { spec, ours } = await outcome(sides, { managedFieldsManagers: ['updater'] });
    expect(spec).toEqual(containers(['a', 'a:9'], ['b', 'b:2']));
    expect(ours).not.toContain('"k:{\\"name\\":\\"a\\"}":{".":{},"f:image"');
  });
});

describe('in what is merged as a whole', () => {
  it('a list that an item was ignored of is taken from the cluster', async () => {
    const live = liveAfter({ containers: [{ name: 'a', args: ['--one', '--two'] }] });
    const sides = { target: { containers: [{ name: 'a', image: 'a:2', args: ['--new', '--two'] }] }, live };
    expect(await specFor(sides, { jsonPointers: ['/spec/containers/0/args/1'] })).toEqual({
      containers: [{ name: 'a', image: 'a:2', args: ['--one', '--two'] }],
    });
  });

  it('of an item told by its position only the ignored member is taken', async () => {
    const live = liveAfter({ hosts: [{ weight: 1, tls: false }, { weight: 1 }] });
    const sides = { target: { hosts: [{ weight: 9, tls: true }, { weight: 9 }, { weight: 9 }] }, live };
    expect(await specFor(sides, { jsonPointers: ['/spec/hosts/0/tls'] })).toEqual({
      hosts: [{ weight: 9, tls: false }, { weight: 9 }, { weight: 9 }],
    });
  });

  it('an ignored member of a map is named, since the map would lose it', async () => {
    const live = liveAfter({ selector: { app: 'web' } }, ['canary', { selector: { app: 'web', track: 'canary' } }]);
    const sides = { target: { selector: { app: 'shop' } }, live };
    expect(await specFor(sides, { jsonPointers: ['/spec/selector/track'] })).toEqual({
      selector: { app: 'shop', track: 'canary' },
    });
  });
});

it('never names what only the API server writes', async () => {
  const live = { ...liveAfter({ replicas: 1 }), status: { replicas: 1 } };
  live.metadata = { ...live.metadata, resourceVersion: '7', uid: 'u', generation: 3 };
  const result = await respect({ target: { replicas: 2 }, live }, { jsonPointers: ['/metadata', '/status'] });
  expect(result).toEqual(deployment({ replicas: 2 }));
});

it('gives back the target itself when no rule is about it', async () => {
  const settings = { ...DEFAULT_DIFF_SETTINGS, ignoreDifferences: [{ group: 'apps', kind: 'StatefulSet' }] };
  const target = deployment({ replicas: 1 });
  const context = { settings, jq: undefined, replaces: false, migrates: true };
  expect(await respectIgnoreDifferences(target, liveAfter({ replicas: 2 }), context)).toBe(target);
});
