import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredObject } from './internal-client.ts';
import { Journal } from './journal.ts';

function text(name: string, value: number): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, value });
}

describe('Journal', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const values = (journal: Journal): unknown[] => journal.restore().entries.map(({ object }) => object['value']);

  it('restores the last state of each object', () => {
    const journal = new Journal(folder);
    journal.append({ revision: 1, resource: '/configmaps', text: text('a', 1) });
    journal.append({ revision: 2, resource: '/configmaps', text: text('b', 2) });
    journal.append({ revision: 3, resource: '/configmaps', text: text('a', 3) });
    journal.append({ revision: 4, resource: '/configmaps', removed: 'default/b' });
    journal.close();
    const restored = new Journal(folder);
    expect(values(restored)).toEqual([3]);
    expect(restored.restore().revision).toBe(4);
    restored.close();
  });

  it('folds the log into a snapshot and goes on from there', async () => {
    const journal = new Journal(folder);
    journal.append({ revision: 1, resource: '/configmaps', text: text('a', 1) });
    const object = JSON.parse(text('a', 1)) as StoredObject;
    const compaction = journal.compact({ revision: 1, entries: [{ resource: '/configmaps', object }] });
    journal.append({ revision: 2, resource: '/configmaps', text: text('b', 2) });
    await compaction;
    expect(readdirSync(folder).sort()).toEqual(['log-00000002.jsonl', 'snapshot.jsonl']);
    journal.close();
    const restored = new Journal(folder);
    expect(values(restored)).toEqual([1, 2]);
    expect(restored.restore().revision).toBe(2);
    restored.close();
  });

  it('ignores a log that a crash left behind its snapshot', async () => {
    const journal = new Journal(folder);
    journal.append({ revision: 1, resource: '/configmaps', text: text('a', 1) });
    journal.append({ revision: 2, resource: '/configmaps', removed: 'default/a' });
    await journal.compact({ revision: 2, entries: [] });
    journal.close();
    writeFileSync(
      join(folder, 'log-00000001.jsonl'),
      `{"revision":1,"resource":"/configmaps","object":${text('a', 1)}}\n`,
    );
    const restored = new Journal(folder);
    expect(values(restored)).toEqual([]);
    restored.close();
  });

  it('refuses a log that is damaged in its middle', () => {
    writeFileSync(
      join(folder, 'log-00000001.jsonl'),
      `not json\n{"revision":1,"resource":"/configmaps","object":${text('a', 1)}}\n`,
    );
    const journal = new Journal(folder);
    expect(() => journal.restore()).toThrow('line 1 is not JSON: the data folder is damaged');
    journal.close();
  });
});
