import { describe, expect, it } from 'vitest';
import { applyPatch, PatchConflict } from './json-patch.ts';

const rows = {
  items: {
    'argocd/a': { health: { status: 'Healthy' }, images: ['x', 'y'] },
    'argocd/b': { health: { status: 'Degraded' } },
  },
};

describe('applyPatch', () => {
  it('changes the named field and keeps every other branch identical', () => {
    const next = applyPatch(rows, [{ op: 'replace', path: '/items/argocd~1a/health/status', value: 'Degraded' }]);
    expect(next.items['argocd/a'].health.status).toBe('Degraded');
    expect(rows.items['argocd/a'].health.status).toBe('Healthy');
    expect(next.items['argocd/b']).toBe(rows.items['argocd/b']);
    expect(next.items['argocd/a'].images).toBe(rows.items['argocd/a'].images);
  });

  it('adds, inserts, appends and removes', () => {
    const next = applyPatch({ list: ['a', 'c'], old: 1 } as Record<string, unknown>, [
      { op: 'add', path: '/list/1', value: 'b' },
      { op: 'add', path: '/list/-', value: 'd' },
      { op: 'remove', path: '/old' },
      { op: 'remove', path: '/list/0' },
    ]);
    expect(next).toEqual({ list: ['b', 'c', 'd'] });
  });

  it('replaces the whole document with an empty path', () => {
    expect(applyPatch<unknown>({ a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }])).toEqual({ b: 2 });
  });

  it('refuses a patch for another document, so that the caller refetches', () => {
    expect(() => applyPatch(rows, [{ op: 'replace', path: '/items/gone/health', value: {} }])).toThrow(PatchConflict);
    expect(() => applyPatch(rows, [{ op: 'remove', path: '/items/argocd~1a/gone' }])).toThrow(PatchConflict);
  });
});
