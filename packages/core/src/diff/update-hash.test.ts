import { expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import { updateHash, updateRulesFor } from './update-hash.ts';

const deployment = (status: object, replicas = 1, resourceVersion = '1'): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a', resourceVersion, generation: Number(resourceVersion) },
  spec: { replicas },
  status,
});

const kind = { group: 'apps', kind: 'Deployment' };
const rulesOf = (configMap: Record<string, string>) => updateRulesFor(parseSettings({ configMap }).settings, kind);
const hashOf = (configMap: Record<string, string>, object: KubernetesObject) =>
  updateHash(object, rulesOf(configMap) ?? { jsonPointers: [] });

it('sees no update in versions, nor in what the rules of the kind or of all kinds ignore', () => {
  expect(hashOf({}, deployment({ ready: 1 }, 1, '1'))).toBe(hashOf({}, deployment({ ready: 1 }, 1, '2')));
  expect(hashOf({}, deployment({ ready: 1 }))).not.toBe(hashOf({}, deployment({ ready: 2 })));
  const pointer = 'jsonPointers: [/status/ready, /not/there]';
  for (const name of ['apps_Deployment', 'all', 'apps_*']) {
    const settings = { [`resource.customizations.ignoreResourceUpdates.${name}`]: pointer };
    expect(hashOf(settings, deployment({ ready: 1 }))).toBe(hashOf(settings, deployment({ ready: 2 })));
    expect(hashOf(settings, deployment({ ready: 1 }))).not.toBe(hashOf(settings, deployment({ ready: 1 }, 2)));
  }
});

it('ignores what differences are ignored for, unless told not to', () => {
  const settings = { 'resource.customizations.ignoreDifferences.apps_Deployment': 'jsonPointers: [/spec/replicas]' };
  expect(hashOf(settings, deployment({}, 1))).toBe(hashOf(settings, deployment({}, 2)));
  const off = { ...settings, 'resource.compareoptions': 'ignoreDifferencesOnResourceUpdates: false' };
  expect(hashOf(off, deployment({}, 1))).not.toBe(hashOf(off, deployment({}, 2)));
});

it('hands on the jq expressions, and has no rules at all when it is switched off', () => {
  const settings = { 'resource.customizations.ignoreResourceUpdates.all': "jqPathExpressions: ['.status']" };
  expect(rulesOf(settings)?.jqPathExpressions).toEqual(['.status']);
  expect(rulesOf({ ...settings, 'resource.ignoreResourceUpdatesEnabled': 'false' })).toBeUndefined();
});
