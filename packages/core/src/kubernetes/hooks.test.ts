import { describe, expect, it } from 'vitest';
import { hooksOf, isHookObject, isKeptByHelm, isSkipped, syncWaveOf, syncWaveProblem } from './hooks.ts';
import type { KubernetesObject } from './object.ts';

function job(annotations?: Record<string, string>): KubernetesObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', ...(annotations ? { annotations } : {}) } };
}

describe('hooksOf', () => {
  it('finds none on an ordinary resource', () => {
    expect(hooksOf(job())).toBeUndefined();
    expect(hooksOf(job({ 'helm.sh/hook': 'crd-install' }))).toBeUndefined();
  });

  it('reads several types and policies', () => {
    expect(
      hooksOf(
        job({
          'argocd.argoproj.io/hook': 'PreSync, PostSync',
          'argocd.argoproj.io/hook-delete-policy': 'HookSucceeded,HookFailed',
        }),
      ),
    ).toEqual({
      types: ['PreSync', 'PostSync'],
      deletePolicies: ['HookSucceeded', 'HookFailed'],
      origin: 'argocd',
      problems: [],
    });
  });

  it('deletes before creation when no policy is given', () => {
    expect(hooksOf(job({ 'argocd.argoproj.io/hook': 'Sync' }))?.deletePolicies).toEqual(['BeforeHookCreation']);
  });

  it.each([
    ['pre-install,pre-upgrade', ['PreSync']],
    ['post-install', ['PostSync']],
    ['post-upgrade,post-delete', ['PostSync', 'PostDelete']],
    ['pre-delete', ['PreDelete']],
    ['test', []],
    ['pre-rollback,post-rollback', []],
  ])('maps the Helm hook %s', (helm, types) => {
    const hook = hooksOf(job({ 'helm.sh/hook': helm, 'helm.sh/hook-delete-policy': 'hook-succeeded' }));
    expect(hook).toEqual({ types, deletePolicies: ['HookSucceeded'], origin: 'helm', problems: [] });
  });

  it('prefers the Argo CD annotation over the Helm one', () => {
    const hook = hooksOf(job({ 'argocd.argoproj.io/hook': 'Sync', 'helm.sh/hook': 'pre-install' }));
    expect(hook).toMatchObject({ types: ['Sync'], origin: 'argocd' });
  });

  it('names unknown values and the known ones', () => {
    const hook = hooksOf(job({ 'argocd.argoproj.io/hook': 'PreSycn' }));
    expect(hook?.types).toEqual([]);
    expect(hook?.problems[0]).toContain('"PreSycn"');
    expect(hook?.problems[0]).toContain('PreSync');
  });

  it('skips only when Skip stands alone', () => {
    expect(isSkipped(job({ 'argocd.argoproj.io/hook': 'Skip' }))).toBe(true);
    expect(isHookObject(job({ 'argocd.argoproj.io/hook': 'Skip' }))).toBe(false);
    expect(isSkipped(job({ 'argocd.argoproj.io/hook': 'Skip,Sync' }))).toBe(false);
    expect(isHookObject(job({ 'argocd.argoproj.io/hook': 'Skip,Sync' }))).toBe(true);
  });
});

describe('syncWaveOf', () => {
  it('takes sync-wave, else the Helm weight, else 0', () => {
    expect(syncWaveOf(job({ 'argocd.argoproj.io/sync-wave': '-3', 'helm.sh/hook-weight': '7' }))).toBe(-3);
    expect(syncWaveOf(job({ 'helm.sh/hook-weight': '7' }))).toBe(7);
    expect(syncWaveOf(job())).toBe(0);
  });

  it('says so when the wave is no number', () => {
    expect(syncWaveOf(job({ 'argocd.argoproj.io/sync-wave': 'first' }))).toBe(0);
    expect(syncWaveProblem(job({ 'argocd.argoproj.io/sync-wave': 'first' }))).toContain('"first"');
    expect(syncWaveProblem(job({ 'argocd.argoproj.io/sync-wave': '5' }))).toBeUndefined();
  });
});

it('keeps what Helm asks to keep', () => {
  expect(isKeptByHelm(job({ 'helm.sh/resource-policy': 'keep' }))).toBe(true);
  expect(isKeptByHelm(job())).toBe(false);
});
