import type { RenderRequest } from '@lockstep/core';
import { expect, it } from 'vitest';
import type { RenderCache } from '../renderer/render-cache.ts';
import { batchesOf, RenderClient } from './render-client.ts';

function request(project: string): { request: RenderRequest } {
  const source = { repoURL: 'https://git.example.com/app', path: '.' };
  return {
    request: {
      application: { name: 'web', namespace: 'argocd', instanceName: 'web', project },
      destinationNamespace: 'web',
      sources: [{ source, revision: 'a'.repeat(40) }],
      kubeVersion: '1.34.0',
      apiVersions: [],
      noCache: true,
    } as unknown as RenderRequest,
  };
}

it('never puts two projects into one job, whose credentials it would share', () => {
  const batches = batchesOf([...Array.from({ length: 17 }, () => request('one')), request('two'), request('one')]);
  expect(batches.map((batch) => batch.map((item) => item.request.application.project))).toEqual([
    Array(16).fill('one'),
    ['one', 'one'],
    ['two'],
  ]);
});

it('tells whoever waits for a render that its credentials cannot be read', async () => {
  const client = new RenderClient({
    redisUrl: 'redis://127.0.0.1:1',
    cache: {} as RenderCache,
    credentialsOf: () => {
      throw new Error('the Secret is broken');
    },
    changedFiles: () => Promise.resolve(null),
  });
  try {
    await expect(client.render(request('one').request)).rejects.toThrow('the Secret is broken');
  } finally {
    // Not awaited: BullMQ waits for the Redis that is not there.
    void client[Symbol.asyncDispose]();
  }
});
