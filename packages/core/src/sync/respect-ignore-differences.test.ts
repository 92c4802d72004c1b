import { expect, it } from 'vitest';
import { DEFAULT_DIFF_SETTINGS, type IgnoreRule } from '../diff/diff-settings.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { respectIgnoreDifferences } from './respect-ignore-differences.ts';

const target: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas: 1,
    template: {
      spec: {
        containers: [
          { name: 'b', image: 'b:2' },
          { name: 'a', image: 'a:2' },
        ],
      },
    },
  },
};
const live: KubernetesObject = {
  ...target,
  spec: {
    replicas: 5,
    paused: true,
    template: {
      spec: {
        containers: [
          { name: 'a', image: 'a:1' },
          { name: 'b', image: 'b:1' },
        ],
      },
    },
  },
  status: { replicas: 5 },
};

function respect(rule: Partial<IgnoreRule>) {
  const settings = { ...DEFAULT_DIFF_SETTINGS, ignoreDifferences: [{ group: 'apps', kind: 'Deployment', ...rule }] };
  return respectIgnoreDifferences(target, live, { settings, jq: undefined });
}

it('takes ignored fields from the cluster and everything else from Git', async () => {
  const result = await respect({ jsonPointers: ['/spec/replicas'] });
  expect(result).toEqual({ ...target, spec: { ...(target['spec'] as object), replicas: 5 } });
});

it('of a list item takes only the ignored member, matched by name', async () => {
  const result = await respect({
    jsonPointers: ['/spec/template/spec/containers/0/image', '/spec/template/spec/containers/1/image'],
  });
  const { template } = result['spec'] as { template: { spec: { containers: unknown } } };
  expect(template.spec.containers).toEqual([
    { name: 'b', image: 'b:1' },
    { name: 'a', image: 'a:1' },
  ]);
});

it('gives back the target itself when no rule is about it', async () => {
  expect(await respect({ kind: 'StatefulSet', jsonPointers: ['/spec/replicas'] })).toBe(target);
});
