import { readFileSync } from 'node:fs';
import {
  applyPatch,
  dropNulls,
  type JsonObject,
  jsonMergePatch,
  type ManagedFieldsEntry,
  strategicMergePatch,
  threeWayMerge,
  trackUpdate,
  type ValueType,
} from '@lockstep/structured-merge';
import { describe, expect, test } from 'vitest';
import { builtInType } from '../src/openapi/index.ts';

/**
 * Random histories and patches of Deployments, recorded from the Go originals (k8s.io/apimachinery v0.36: the field
 * manager and strategicpatch). They run against the OpenAPI this package generates, so a wrong annotation shows here.
 */
function readVectors<T>(name: string): T[] {
  const text = readFileSync(new URL(`./vectors/${name}`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

function deploymentType(): ValueType {
  const type = builtInType({ group: 'apps', version: 'v1', kind: 'Deployment' });
  if (type === undefined) throw new Error('Deployment is not built in');
  return type;
}

interface Step {
  op: 'apply' | 'update';
  object: JsonObject;
  manager: string;
  force?: boolean;
  subresource: string;
  live?: JsonObject;
  error?: string;
}

const now = '2025-01-01T00:00:00Z';

function take(type: ValueType, live: JsonObject | undefined, step: Step): JsonObject {
  const facts = {
    type,
    live,
    manager: step.manager,
    now,
    ...(step.subresource === '' ? {} : { subresource: step.subresource }),
  };
  if (step.op === 'update') return trackUpdate({ ...facts, next: step.object }).object;
  return applyPatch({ ...facts, config: step.object, force: step.force ?? false }).object;
}

/** Objects of one write, comparable: times are not recorded, and storage adds the uid. */
function comparable(type: ValueType, object: JsonObject): unknown {
  const copy = dropNulls(type, object) as { metadata: { uid?: string; managedFields?: ManagedFieldsEntry[] } };
  copy.metadata.uid = '1';
  for (const entry of copy.metadata.managedFields ?? []) delete entry.time;
  const identity = (entry: ManagedFieldsEntry) => `${entry.manager} ${entry.operation} ${entry.subresource}`;
  copy.metadata.managedFields?.sort((a, b) => (identity(a) < identity(b) ? -1 : 1));
  return copy;
}

describe('recorded histories of applies and updates', () => {
  const type = deploymentType();
  test.each(readVectors<{ steps: Step[] }>('field-management.jsonl').map(({ steps }, index) => [index + 1, steps]))(
    'history %i gives the same objects, owners and conflicts',
    (_index, steps) => {
      let live: JsonObject | undefined;
      for (const step of steps) {
        if (step.error !== undefined) {
          expect(() => take(type, live, step)).toThrow(expect.objectContaining({ message: step.error }));
          continue;
        }
        const recorded = step.live as JsonObject;
        expect(comparable(type, take(type, live, step))).toEqual(comparable(type, recorded));
        live = recorded;
      }
    },
  );
});

describe('recorded strategic merge patches', () => {
  const type = deploymentType();
  interface Case {
    last: JsonObject;
    target: JsonObject;
    live: JsonObject;
    patch: JsonObject;
    result: JsonObject;
  }
  const cases = readVectors<Case>('strategic-merge.jsonl');

  test('every patch gives the recorded object', () => {
    for (const { live, patch, result } of cases) expect(strategicMergePatch(type, live, patch)).toEqual(result);
  });

  test('a three-way merge gives what kubectl would patch', () => {
    for (const { last, target, live, result } of cases) {
      expect(threeWayMerge({ last, target, live, type })).toEqual(result);
    }
  });

  test('merging leaves its inputs as they were', () => {
    for (const { last, target, live, patch } of cases) {
      const before = JSON.stringify([last, target, live, patch]);
      strategicMergePatch(type, live, patch);
      threeWayMerge({ last, target, live, type });
      jsonMergePatch(live, patch);
      expect(JSON.stringify([last, target, live, patch])).toBe(before);
    }
  });
});
