import { describe, expect, test } from 'vitest';
import { fixtureComponents, thing, thingType } from '../tests/fixture-types.ts';
import { adoptManagedFields } from './adopt-managed-fields.ts';
import { ApplyConflictError } from './apply-conflict-error.ts';
import { type ApplyPatchRequest, applyPatch } from './apply-patch.ts';
import type { JsonObject } from './json.ts';
import type { ManagedFieldsEntry } from './managed-fields-entry.ts';
import { statusResetFields } from './reset-fields.ts';
import { SchemaSet } from './schema.ts';
import { SchemaError } from './schema-error.ts';
import { trackUpdate } from './track-update.ts';

const type = thingType();

function apply(live: JsonObject | undefined, config: JsonObject, more: Partial<ApplyPatchRequest> = {}): JsonObject {
  return applyPatch({ type, live, config, manager: 'git', force: false, now: '2025-01-01T00:00:00Z', ...more }).object;
}

function write(live: JsonObject | undefined, next: JsonObject, manager = 'kubectl', now = '2025-01-02T00:00:00Z') {
  return trackUpdate({ type, live, next, manager, now }).object;
}

function entriesOf(object: JsonObject): ManagedFieldsEntry[] {
  return (object['metadata'] as { managedFields?: ManagedFieldsEntry[] }).managedFields ?? [];
}

function conflictOf(run: () => unknown): ApplyConflictError {
  try {
    run();
  } catch (error) {
    if (error instanceof ApplyConflictError) return error;
    throw error;
  }
  throw new Error('no conflict');
}

describe('applyPatch', () => {
  test('creates with one entry that leaves out what nobody owns', () => {
    const created = apply(undefined, thing({ replicas: 1 }, { labels: { a: '1' }, creationTimestamp: null }));
    expect(created).toEqual(
      thing(
        { replicas: 1 },
        {
          labels: { a: '1' },
          managedFields: [
            {
              manager: 'git',
              operation: 'Apply',
              apiVersion: 'test/v1',
              time: '2025-01-01T00:00:00Z',
              fieldsType: 'FieldsV1',
              fieldsV1: { 'f:metadata': { 'f:labels': { 'f:a': {} } }, 'f:spec': { 'f:replicas': {} } },
            },
          ],
        },
      ),
    );
  });

  test('applying the same again changes nothing, times included', () => {
    const created = apply(undefined, thing({ replicas: 1 }));
    const again = applyPatch({
      type,
      live: created,
      config: thing({ replicas: 1 }),
      manager: 'git',
      force: false,
      now: '2025-02-02T00:00:00Z',
    });
    expect(again).toEqual({ object: created, changed: false });
  });

  test('removes what it applied before and leaves out now, unless someone else owns it', () => {
    const first = apply(undefined, thing({ replicas: 1, size: '1', containers: [{ name: 'a' }, { name: 'b' }] }));
    const shared = apply(first, thing({ size: '1' }), { manager: 'other' });
    const second = apply(shared, thing({ containers: [{ name: 'b' }] }));
    expect(second['spec']).toEqual({ size: '1', containers: [{ name: 'b' }] });
  });

  test('names the manager and the field of a conflict as the API server does', () => {
    const live = write(undefined, thing({ replicas: 1 }));
    const conflict = conflictOf(() => apply(live, thing({ replicas: 2 })));
    expect(conflict.message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl" using test/v1: .spec.replicas',
    );
    expect(conflict.causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "kubectl" using test/v1', field: '.spec.replicas' },
    ]);
    expect(conflict.conflicts).toEqual([
      { manager: 'kubectl', operation: 'Update', apiVersion: 'test/v1', field: '.spec.replicas' },
    ]);
  });

  test('groups several conflicts by manager', () => {
    const one = write(undefined, thing({ replicas: 1, size: 1 }));
    const two = apply(one, thing({ values: { a: 1 } }), { manager: 'helm' });
    const conflict = conflictOf(() => apply(two, thing({ replicas: 2, size: 2, values: { a: 2 } })));
    expect(conflict.message).toBe(
      [
        'Apply failed with 3 conflicts: conflicts with "helm":',
        '- .spec.values.a',
        'conflicts with "kubectl" using test/v1:',
        '- .spec.replicas',
        '- .spec.size',
      ].join('\n'),
    );
  });

  test('does not conflict over an equal value: both own it', () => {
    const live = write(undefined, thing({ replicas: 1 }));
    expect(entriesOf(apply(live, thing({ replicas: 1 }))).map(({ manager }) => manager)).toEqual(['git', 'kubectl']);
  });

  test('force takes the field over', () => {
    const live = write(undefined, thing({ replicas: 1, size: 1 }));
    const forced = apply(live, thing({ replicas: 2 }), { force: true });
    expect(entriesOf(forced).map(({ manager, fieldsV1 }) => [manager, fieldsV1])).toEqual([
      ['git', { 'f:spec': { 'f:replicas': {} } }],
      ['kubectl', { 'f:spec': { '.': {}, 'f:size': {} } }],
    ]);
  });

  test('an object without a record conflicts with "before-first-apply"', () => {
    expect(conflictOf(() => apply(thing({ replicas: 1 }), thing({ replicas: 2 }))).message).toMatch(
      /conflict with "before-first-apply" using test\/v1: \.spec\.replicas/,
    );
  });

  test('kubectl takes over what its own client-side apply wrote', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const lastApplied = JSON.stringify(thing({ replicas: 1 }));
    const live = write(undefined, thing({ replicas: 1 }, { annotations: { [annotation]: lastApplied } }));
    const applied = apply(live, thing({ replicas: 3 }), { manager: 'kubectl' });
    expect(applied['spec']).toEqual({ replicas: 3 });
    const { annotations } = applied['metadata'] as { annotations: Record<string, string> };
    expect(JSON.parse(annotations[annotation] ?? '')).toEqual(thing({ replicas: 3 }));
    expect(() => apply(live, thing({ replicas: 3 }), { manager: 'git' })).toThrow(ApplyConflictError);
  });

  test('owns nothing of the fields an endpoint resets', () => {
    const applied = apply(
      undefined,
      { ...thing({ replicas: 1 }), status: { ready: true } },
      { resetFields: statusResetFields() },
    );
    expect(entriesOf(applied)[0]?.fieldsV1).toEqual({ 'f:spec': { 'f:replicas': {} } });
  });

  test('an applier is one manager across API versions, with the record of its latest', () => {
    const first = apply(undefined, thing({ replicas: 1 }));
    const second = apply(first, { ...thing({ replicas: 2 }), apiVersion: 'test/v1' });
    const entries = entriesOf(
      apply({ ...second, apiVersion: 'test/v2' }, { ...thing({ replicas: 2 }), apiVersion: 'test/v2' }),
    );
    expect(entries.map(({ manager, apiVersion }) => [manager, apiVersion])).toEqual([['git', 'test/v2']]);
  });

  test.each([
    [thing({ unknown: 1 }), '.spec.unknown: field not declared in schema'],
    [thing({ containers: [{ name: 'a' }, { name: 'a' }] }), '.spec.containers: duplicate entries for key [name="a"]'],
    [thing({ replicas: { a: 1 } }), '.spec.replicas: expected scalar, got map'],
  ])('refuses what does not fit the schema (%#)', (config, message) => {
    expect(() => apply(undefined, config)).toThrow(new SchemaError([message]));
  });

  test('keeps nulls in untyped parts, where they mean something', () => {
    expect(apply(undefined, thing({ replicas: null, values: { a: null } }))['spec']).toEqual({ values: { a: null } });
  });

  test('a map that became atomic is owned as a whole by who owned parts of it', () => {
    const live = apply(undefined, thing({ strategy: { type: 'x' } }));
    const strategy = { ...fixtureComponents['test.Strategy'], 'x-kubernetes-map-type': 'atomic' };
    const atomicType = new SchemaSet({ ...fixtureComponents, 'test.Strategy': strategy }).component('test.Thing');
    const conflict = conflictOf(() =>
      applyPatch({
        type: atomicType ?? type,
        live,
        config: thing({ strategy: { rollingUpdate: { surge: '1' } } }),
        manager: 'other',
        force: false,
        now: '2025-01-01T00:00:00Z',
      }),
    );
    expect(conflict.message).toMatch(/conflict with "git": \.spec\.strategy$/);
  });
});

describe('trackUpdate', () => {
  test('gives a writer what it changed and takes it from others', () => {
    const live = apply(undefined, thing({ replicas: 1, size: 1 }));
    const updated = write(live, { ...live, spec: { replicas: 5, size: 1 } });
    expect(entriesOf(updated).map(({ manager, operation, fieldsV1 }) => [manager, operation, fieldsV1])).toEqual([
      ['git', 'Apply', { 'f:spec': { 'f:size': {} } }],
      ['kubectl', 'Update', { 'f:spec': { 'f:replicas': {} } }],
    ]);
  });

  test('merges later writes of a manager into its entry, and keeps the time of a write without change', () => {
    const created = write(undefined, thing({ replicas: 1 }));
    const changed = write(created, { ...created, spec: { replicas: 1, size: 2 } }, 'kubectl', '2025-01-03T00:00:00Z');
    const same = write(changed, changed, 'kubectl', '2025-01-04T00:00:00Z');
    expect(entriesOf(same)).toHaveLength(1);
    expect(entriesOf(same)[0]).toMatchObject({
      time: '2025-01-03T00:00:00Z',
      fieldsV1: { 'f:spec': { '.': {}, 'f:replicas': {}, 'f:size': {} } },
    });
  });

  test('a cleared record stays cleared until the next apply', () => {
    const created = write(undefined, thing({ replicas: 1 }));
    const cleared = write(created, thing({ replicas: 1 }, { managedFields: [{}] }));
    expect(entriesOf(cleared)).toEqual([]);
    expect(entriesOf(write(cleared, thing({ replicas: 2 })))).toEqual([]);
  });

  test('ignores a client that drops the record', () => {
    const created = write(undefined, thing({ replicas: 1 }));
    expect(entriesOf(write(created, thing({ replicas: 1 }, { managedFields: [] })))).toHaveLength(1);
  });

  test('merges the oldest writers when there are more than ten', () => {
    let object = write(undefined, thing({ values: {} }), 'm0', '2025-01-01T00:00:00Z');
    for (let index = 1; index <= 12; index += 1) {
      const values = Object.fromEntries(Array.from({ length: index }, (_, key) => [`k${key}`, 1]));
      object = write(
        object,
        { ...object, spec: { values } },
        `m${index}`,
        `2025-01-${String(index + 1).padStart(2, '0')}T00:00:00Z`,
      );
    }
    const managers = entriesOf(object).map(({ manager }) => manager);
    expect(managers).toHaveLength(10);
    expect(managers[0]).toBe('ancient-changes');
    expect(managers).not.toContain('m1');
  });
});

describe('adoptManagedFields', () => {
  test('moves client-side writes to the applier, so that dropping a field removes it', () => {
    const live = write(undefined, thing({ replicas: 1, size: 1 }), 'argocd-controller');
    const adopted = adoptManagedFields(entriesOf(live), {
      from: ['argocd-controller', 'kubectl-client-side-apply'],
      to: 'git',
    });
    const owned = { ...live, metadata: { ...(live['metadata'] as object), managedFields: adopted } };
    expect(apply(owned, thing({ replicas: 1 }))['spec']).toEqual({ replicas: 1 });
  });

  test('says nothing when there is nothing to move', () => {
    const live = apply(undefined, thing({ replicas: 1 }));
    expect(adoptManagedFields(entriesOf(live), { from: ['argocd-controller'], to: 'git' })).toBeUndefined();
  });
});
