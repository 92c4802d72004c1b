import { describe, expect, it } from 'vitest';
import { EventHistory } from './event-history.ts';
import type { StoredObject } from './internal-client.ts';
import type { StoreEvent } from './object-store.ts';

function event(revision: number, resource = '/configmaps', bytes = 10): StoreEvent {
  const object: StoredObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `n${revision}`, uid: String(revision), resourceVersion: String(revision), creationTimestamp: '' },
  };
  return { type: 'ADDED', resource, revision, object, previous: undefined, text: 'x'.repeat(bytes) };
}

describe('EventHistory', () => {
  it('gives the changes of one resource after a revision', () => {
    const history = new EventHistory();
    for (const revision of [1, 2, 4]) history.append(event(revision));
    history.append(event(3, '/secrets'));
    expect(history.since('/configmaps', 1)?.map((found) => found.revision)).toEqual([2, 4]);
    expect(history.since('/configmaps', 4)).toEqual([]);
  });

  it('forgets the oldest by count, and says so', () => {
    const history = new EventHistory({ events: 2, bytes: 1000 });
    for (const revision of [1, 2, 3]) history.append(event(revision));
    expect(history.since('/configmaps', 0)).toBeUndefined();
    expect(history.since('/configmaps', 1)?.map((found) => found.revision)).toEqual([2, 3]);
    expect(history.oldestFor('/configmaps')).toBe(1);
  });

  it('forgets the oldest by bytes', () => {
    const history = new EventHistory({ events: 100, bytes: 25 });
    for (const revision of [1, 2, 3]) history.append(event(revision));
    expect(history.size).toEqual({ events: 2, bytes: 20 });
  });

  it('lets a quiet resource resume from long ago, however busy the others are', () => {
    const history = new EventHistory({ events: 10, bytes: 10_000 });
    for (let revision = 1; revision <= 1000; revision += 1) history.append(event(revision, '/pods'));
    expect(history.since('/secrets', 1)).toEqual([]);
    expect(history.since('/pods', 500)).toBeUndefined();
    expect(history.since('/pods', 995)).toHaveLength(5);
  });

  it('stays bounded over very many events', () => {
    const history = new EventHistory({ events: 10, bytes: 10_000 });
    for (let revision = 1; revision <= 20_000; revision += 1) history.append(event(revision));
    expect(history.size.events).toBe(10);
    expect(history.since('/configmaps', 19_995)?.map((found) => found.revision)).toEqual([
      19_996, 19_997, 19_998, 19_999, 20_000,
    ]);
  });
});
