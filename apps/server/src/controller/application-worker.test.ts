import type { Application } from '@lockstep/core';
import { expect, it } from 'vitest';
import { createWorld, type WorkerParts } from './application-worker.ts';

const key = { namespace: 'argocd', name: 'web' };

it('hears of what somebody else wrote when a write of its own is refused, since the watch will not tell', async () => {
  const stored = { metadata: { ...key, uid: 'u', resourceVersion: '12' } } as Application;
  const told: string[] = [];
  const client = { get: async () => stored, fenced: () => client };
  const applications = { absorb: () => told.push('held') };
  const parts = { controlPlane: { namespace: 'argocd', client, applications } } as unknown as WorkerParts;
  const world = createWorld(parts, key, {
    throwIfCancelled: () => {},
    onWritten: () => told.push('written'),
    onReadAnew: () => told.push('read anew'),
  });
  expect(await world.readApplication(key)).toBe(stored);
  expect(told).toEqual(['read anew', 'held']);
});
