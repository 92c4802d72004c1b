import type { KubernetesObject } from '@lockstep/core';
import { afterEach, expect, it } from 'vitest';
import { JqWorker } from './jq.ts';

const problems: string[] = [];
const jq = new JqWorker((expression) => problems.push(expression));
afterEach(() => problems.splice(0));

const deployment: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 3,
    template: {
      spec: {
        containers: [
          { name: 'app', image: 'a' },
          { name: 'sidecar', image: 'b' },
        ],
      },
    },
  },
};

it('removes what the expressions select and leaves the object alone', async () => {
  const { object: result } = await jq.deletePaths(deployment, [
    '.spec.replicas',
    '.spec.template.spec.containers[] | select(.name == "sidecar")',
  ]);
  expect(result['spec']).toEqual({ template: { spec: { containers: [{ name: 'app', image: 'a' }] } } });
  expect((deployment['spec'] as { replicas: number }).replicas).toBe(3);
});

it('reports a broken expression and goes on with the others', async () => {
  const { object: result, problems: found } = await jq.deletePaths(deployment, ['.spec[', '.spec.replicas']);
  expect(problems).toEqual(['.spec[']);
  expect(found).toEqual([{ expression: '.spec[', problem: expect.stringMatching(/syntax|error/) }]);
  expect(result['spec']).not.toHaveProperty('replicas');
});

it('gives up an expression that never ends and still answers afterwards', async () => {
  const started = Date.now();
  const { object: result, problems: found } = await jq.deletePaths(deployment, [
    'last(range(1e15)) as $x | .spec.replicas',
  ]);
  expect(Date.now() - started).toBeLessThan(5_000);
  expect(problems).toHaveLength(1);
  expect(found.map(({ problem }) => problem)).toEqual(['took longer than 1 s']);
  expect(result).toEqual(deployment);
  const after = await jq.deletePaths({ ...deployment, metadata: { name: 'other' } }, ['.metadata.name']);
  expect(after.object.metadata).toEqual({});
});
