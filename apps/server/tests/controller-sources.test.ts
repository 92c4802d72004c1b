import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControllerWorld, configMap, isSynced } from './support/controller-world.ts';

let world: ControllerWorld;
beforeAll(async () => {
  world = await ControllerWorld.create();
  await world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

const chart = {
  'chart/Chart.yaml':
    'apiVersion: v2\nname: greeter\nversion: 0.1.0\ndependencies:\n  - name: common\n    version: 0.1.0\n    repository: file://../common\n',
  'chart/values.yaml': 'greeting: hello\n',
  'chart/values-prod.yaml': 'greeting: good day\n',
  'chart/templates/cm.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-greeting\ndata:\n  greeting: {{ .Values.greeting | quote }}\n  name: {{ .Values.name | quote }}\n  shared: {{ include "common.shared" . | quote }}\n',
  'common/Chart.yaml': 'apiVersion: v2\nname: common\nversion: 0.1.0\ntype: library\n',
  'common/templates/_shared.tpl': '{{- define "common.shared" -}}one{{- end -}}\n',
  'values/name.yaml': 'name: repository\n',
};

describe('Helm sources', () => {
  it('render with value files, parameters and local dependencies, and again when one of them changes', async () => {
    world.git.commit(chart);
    await world.apply(
      world.application('greeter', {
        source: {
          repoURL: world.git.url,
          path: 'chart',
          targetRevision: 'main',
          helm: {
            valueFiles: ['values-prod.yaml', '/values/name.yaml'],
            parameters: [{ name: 'name', value: 'parameter' }],
          },
        },
      }),
    );
    const application = await world.until('greeter', isSynced, 60_000);
    expect(application.status?.sourceType).toBe('Helm');
    expect(await world.configMap('greeter-greeting')).toEqual({
      greeting: 'good day',
      name: 'parameter',
      shared: 'one',
    });

    const commit = world.git.commit({
      'common/templates/_shared.tpl': '{{- define "common.shared" -}}two{{- end -}}\n',
    });
    await world.push(commit);
    await world.until(
      'greeter',
      ({ status }) => status?.sync?.revision === commit && status.sync.status === 'Synced',
      60_000,
    );
    expect((await world.configMap('greeter-greeting'))?.['shared']).toBe('two');
  });

  it('take value files from another source', async () => {
    world.git.commit({ 'lent/prod.yaml': 'greeting: lent\nname: n\n' });
    await world.apply(
      world.application('lender', {
        source: undefined as never,
        sources: [
          {
            repoURL: world.git.url,
            path: 'chart',
            targetRevision: 'main',
            helm: { valueFiles: ['$values/lent/prod.yaml'] },
          },
          { repoURL: world.git.url, targetRevision: 'main', ref: 'values' },
        ],
      }),
    );
    const application = await world.until('lender', isSynced, 60_000);
    expect(application.status?.sync?.revisions).toHaveLength(2);
    expect((await world.configMap('lender-greeting'))?.['greeting']).toBe('lent');
  });

  it('say which template is broken, and leave the deployed objects alone', async () => {
    const commit = world.git.commit({
      'chart/templates/broken.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.missing.deep }}\n',
    });
    await world.push(commit);
    const application = await world.until(
      'greeter',
      ({ status }) => status?.conditions?.some(({ type }) => type === 'ComparisonError') === true,
      60_000,
    );
    expect(application.status?.conditions?.[0]?.message).toMatch(/chart\/templates\/broken\.yaml:4/);
    expect(application.status?.sync?.status).toBe('Unknown');
    expect(await world.configMap('greeter-greeting')).toBeDefined();
    const fixed = world.git.commit({ 'chart/templates/broken.yaml': null });
    await world.push(fixed);
    const after = await world.until('greeter', isSynced, 60_000);
    expect(after.status?.conditions ?? []).toEqual([]);
  });
});

describe('Kustomize sources', () => {
  it('render overlays with the settings of the source, and again when the base changes', async () => {
    world.git.commit({
      'base/kustomization.yaml': 'resources: [cm.yaml]\n',
      'base/cm.yaml': configMap('settings', { mode: 'base' }),
      'overlay/kustomization.yaml':
        'resources: [../base]\npatches:\n  - patch: |-\n      - op: add\n        path: /data/overlay\n        value: "yes"\n    target: {kind: ConfigMap}\n',
    });
    await world.apply(
      world.application('overlay', {
        source: {
          repoURL: world.git.url,
          path: 'overlay',
          targetRevision: 'main',
          kustomize: { namePrefix: 'prod-', commonAnnotations: { team: 'web' } },
        },
      }),
    );
    const application = await world.until('overlay', isSynced, 60_000);
    expect(application.status?.sourceType).toBe('Kustomize');
    expect(await world.configMap('prod-settings')).toEqual({ mode: 'base', overlay: 'yes' });

    const commit = world.git.commit({ 'base/cm.yaml': configMap('settings', { mode: 'changed' }) });
    await world.push(commit);
    await world.until(
      'overlay',
      ({ status }) => status?.sync?.revision === commit && status.sync.status === 'Synced',
      60_000,
    );
    expect((await world.configMap('prod-settings'))?.['mode']).toBe('changed');
  });

  it('say what is wrong with a kustomization', async () => {
    const commit = world.git.commit({ 'overlay/kustomization.yaml': 'resources: [../base, missing.yaml]\n' });
    await world.push(commit);
    const application = await world.until(
      'overlay',
      ({ status }) => status?.conditions?.some(({ type }) => type === 'ComparisonError') === true,
      60_000,
    );
    expect(application.status?.conditions?.[0]?.message).toMatch(/missing\.yaml/);
  });
});

describe('directories', () => {
  it('name file, line and fix of a manifest that is broken, and do not disturb other applications', async () => {
    world.git.commit({
      'good/cm.yaml': configMap('good', { v: '1' }),
      'bad/cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: bad\n  labels:\n    port: 80\n',
    });
    await world.apply(world.application('good'), world.application('bad'));
    await world.until('good', isSynced);
    const bad = await world.until('bad', ({ status }) => (status?.conditions?.length ?? 0) > 0);
    expect(bad.status?.conditions?.[0]?.message).toMatch(/bad\/cm\.yaml:1: .*labels\["port"\].*Quote it/);
    const commit = world.git.commit({ 'bad/cm.yaml': configMap('bad', { v: '1' }) });
    await world.push(commit);
    await world.until('bad', isSynced);
  });

  it('treat a path that vanished as an error and prune nothing', async () => {
    const commit = world.git.commit({ 'good/cm.yaml': null });
    await world.push(commit);
    const application = await world.until('good', ({ status }) => (status?.conditions?.length ?? 0) > 0);
    expect(application.status?.conditions?.[0]?.message).toMatch(/app path does not exist/);
    expect(await world.configMap('good')).toEqual({ v: '1' });
  });

  it('render nothing when a commit touches other paths', async () => {
    world.git.commit({
      'quiet/cm.yaml': configMap('quiet', { v: '1' }),
      'other/cm.yaml': configMap('other', { v: '1' }),
    });
    await world.apply(world.application('quiet'), world.application('other'));
    const before = await world.until('quiet', isSynced);
    await world.until('other', isSynced);
    const commit = world.git.commit({ 'other/cm.yaml': configMap('other', { v: '2' }) });
    await world.push(commit);
    await world.until('other', ({ status }) => status?.sync?.revision === commit);
    expect(world.applications.get('argocd', 'quiet')?.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it('prune what Git no longer has', async () => {
    world.git.commit({ 'two/a.yaml': configMap('two-a', {}), 'two/b.yaml': configMap('two-b', {}) });
    await world.apply(world.application('two'));
    await world.until('two', isSynced);
    const commit = world.git.commit({ 'two/b.yaml': null });
    await world.push(commit);
    await world.until(
      'two',
      ({ status }) =>
        status?.sync?.revision === commit && status.sync.status === 'Synced' && status.resources?.length === 1,
    );
    expect(
      await world.client.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'web', name: 'two-b' }),
    ).toBeUndefined();
    expect(
      await world.client.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'web', name: 'two-a' }),
    ).toBeDefined();
  });
});
