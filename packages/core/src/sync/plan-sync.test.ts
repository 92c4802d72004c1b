import { describe, expect, it } from 'vitest';
import type { SyncOperation } from '../application/operation.ts';
import type { ResourceComparison } from '../compare/comparison.ts';
import { isHookObject, syncWaveOf } from '../kubernetes/hooks.ts';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import { resourceKeyOf } from '../kubernetes/resource-key.ts';
import { DEFAULT_TRACKING } from '../kubernetes/tracking.ts';
import { builtInScope } from '../kubernetes/well-known-kinds.ts';
import { DEFAULT_SETTINGS } from '../settings/default-settings.ts';
import { isSelected, type PlanInput, planSync } from './plan-sync.ts';
import { tasksOf } from './sync-plan.ts';

function object(
  kind: string,
  name: string,
  annotations: Record<string, string> = {},
  more: Record<string, unknown> = {},
): KubernetesObject {
  const apiVersion = { Deployment: 'apps/v1', Job: 'batch/v1' }[kind] ?? 'v1';
  const isNamespaced = builtInScope(groupVersionOf(apiVersion).group, kind) !== 'Cluster';
  return { apiVersion, kind, metadata: { name, annotations, ...(isNamespaced ? { namespace: 'shop' } : {}) }, ...more };
}

function resource(
  target: KubernetesObject | undefined,
  live?: KubernetesObject,
  more: Partial<ResourceComparison> = {},
): ResourceComparison {
  const one = (target ?? live) as KubernetesObject;
  return {
    key: resourceKeyOf(one),
    version: 'v1',
    ...(target === undefined ? {} : { target }),
    ...(live === undefined ? {} : { live }),
    isHook: target !== undefined && isHookObject(target),
    requiresPruning: target === undefined,
    requiresDeletionConfirmation: false,
    syncWave: syncWaveOf(one),
    status: 'OutOfSync',
    ...more,
  };
}

function plan(
  resources: ResourceComparison[],
  operation: SyncOperation = {},
  more: Partial<PlanInput> = {},
  syncOptions: string[] = [],
) {
  return planSync({
    application: {
      apiVersion: '',
      kind: 'Application',
      metadata: { name: 'web' },
      spec: { project: 'default', destination: {}, syncPolicy: { syncOptions } },
    },
    instanceName: 'web',
    operation,
    isAutomated: false,
    allowsEmpty: false,
    settings: DEFAULT_SETTINGS,
    comparison: { status: 'OutOfSync', resources, health: { status: 'Healthy' }, conditions: [] },
    revision: 'abcdef0123',
    attempt: { id: 'now#0', startedAt: '2026-01-01T12:00:00Z', retryCount: 0 },
    now: new Date('2026-01-01T12:00:05Z'),
    project: {
      apiVersion: '',
      kind: 'AppProject',
      metadata: { name: 'default' },
      spec: {
        destinations: [{ server: '*', namespace: 'shop' }],
        clusterResourceWhitelist: [{ group: '*', kind: '*' }],
      },
    },
    cluster: { server: 'https://one', name: 'one' },
    destinationNamespace: 'shop',
    tracking: DEFAULT_TRACKING,
    resourceFor: (group, kind) => {
      const scope = builtInScope(group, kind);
      return scope === undefined
        ? undefined
        : { group, kind, version: 'v1', plural: '', verbs: [], namespaced: scope === 'Namespaced' };
    },
    liveByKey: () => undefined,
    isApplied: (candidate) => candidate.status === 'Synced',
    ...more,
  });
}

function actions(...input: Parameters<typeof plan>): string[] {
  return tasksOf(plan(...input)).map(
    ({ action, key, phase, skipReason }) =>
      `${phase} ${action} ${key.kind}/${key.name}${skipReason === undefined ? '' : ` (${skipReason})`}`,
  );
}

const a = object('ConfigMap', 'a');
const migrate = object('Job', 'migrate', { 'argocd.argoproj.io/hook': 'PreSync,PostSync' });

describe('planSync', () => {
  it('creates, updates, leaves alone, prunes', () => {
    const resources = [
      resource(object('ConfigMap', 'new')),
      resource(object('ConfigMap', 'changed'), object('ConfigMap', 'changed')),
      resource(object('ConfigMap', 'same'), object('ConfigMap', 'same'), { status: 'Synced' }),
      resource(undefined, object('ConfigMap', 'old')),
    ];
    expect(actions(resources, { prune: true })).toEqual([
      'Sync prune ConfigMap/old',
      'Sync update ConfigMap/changed',
      'Sync create ConfigMap/new',
      'Sync unchanged ConfigMap/same',
    ]);
    expect(actions(resources)).toContain('Sync prune ConfigMap/old (ignored (requires pruning))');
    expect(actions(resources, {}, {}, ['ApplyOutOfSyncOnly=true'])).not.toContain('Sync unchanged ConfigMap/same');
  });

  it.each([
    ['Prune=false on the resource', { 'argocd.argoproj.io/sync-options': 'Prune=false' }, [], 'ignored (no prune)'],
    ['Prune=false on the application', {}, ['Prune=false'], 'ignored (no prune)'],
    [
      'Prune=true on the resource against the application',
      { 'argocd.argoproj.io/sync-options': 'Prune=true' },
      ['Prune=false'],
      undefined,
    ],
    ["Helm's keep", { 'helm.sh/resource-policy': 'keep' }, [], 'ignored (no prune)'],
  ])('%s', (_title, annotations, syncOptions, expected) => {
    const [task] = tasksOf(
      plan([resource(undefined, object('ConfigMap', 'old', annotations))], { prune: true }, {}, syncOptions),
    );
    expect(task?.skipReason).toBe(expected);
  });

  it('runs a hook once per phase, marked with the attempt and held by a finalizer', () => {
    const tasks = tasksOf(plan([resource(a), resource(migrate)]));
    expect(tasks.map(({ phase, key }) => `${phase} ${key.name}`)).toEqual([
      'PreSync migrate',
      'Sync a',
      'PostSync migrate',
    ]);
    expect(tasks[0]?.target?.metadata).toMatchObject({
      annotations: { 'lockstep.dev/operation': 'now#0' },
      finalizers: ['argocd.argoproj.io/hook-finalizer'],
    });
  });

  const selection = [{ kind: 'ConfigMap', name: 'a' }];

  it('runs hooks when a selected resource really changes, and only then', () => {
    const operation = { resources: selection };
    expect(actions([resource(a), resource(migrate)], operation)).toEqual([
      'PreSync hook Job/migrate',
      'Sync create ConfigMap/a',
      'PostSync hook Job/migrate',
    ]);
    const unchanged = resource(a, a, { status: 'Synced' });
    expect(actions([unchanged, resource(migrate)], operation)).toEqual(['Sync unchanged ConfigMap/a']);
    expect(actions([unchanged, resource(migrate)], operation, { runsHooks: true })).toHaveLength(3);
  });

  it.each<[string, SyncOperation]>([
    ['the apply strategy', { syncStrategy: { apply: {} } }],
    ['a selection with the apply strategy', { resources: selection, syncStrategy: { apply: {} } }],
    ['undoing drift', { resources: selection, autoHealAttemptsCount: 1 }],
  ])('%s runs no hooks', (_title, operation) => {
    expect(actions([resource(a), resource(migrate)], operation)).toEqual(['Sync create ConfigMap/a']);
  });

  it.each([
    ['Replace=true', 'replace'],
    ['Replace=true,Force=true', 'recreate'],
    ['Force=true', 'update'],
  ])('%s on a resource that exists means %s', (value, expected) => {
    const target = object('ConfigMap', 'a', { 'argocd.argoproj.io/sync-options': value });
    expect(actions([resource(target, a)])).toEqual([`Sync ${expected} ConfigMap/a`]);
  });

  it('asks before it deletes and creates what holds data', () => {
    const claim = object('PersistentVolumeClaim', 'data', {
      'argocd.argoproj.io/sync-options': 'Replace=true,Force=true',
    });
    expect(tasksOf(plan([resource(claim, claim)]))[0]).toMatchObject({ action: 'recreate', needsConfirmation: true });
  });

  it('asks before Force deletes and creates what holds data', () => {
    const claim = (storageClassName: string) => ({
      ...object('PersistentVolumeClaim', 'data', { 'argocd.argoproj.io/sync-options': 'Force=true' }),
      spec: { storageClassName },
    });
    const task = (wanted: string) => tasksOf(plan([resource(claim(wanted), claim('slow'))]))[0];
    expect(task('fast')).toMatchObject({ action: 'update', needsConfirmation: true });
    expect(task('slow')).not.toHaveProperty('needsConfirmation');
  });

  it('does not take defaults of the API server for a restart', () => {
    const deployment = (replicas: number, container: object) => ({
      ...object('Deployment', 'web'),
      spec: { replicas, template: { spec: { containers: [container] } } },
    });
    const defaulted = { name: 'c', image: 'web:1', imagePullPolicy: 'IfNotPresent' };
    const scaled = resource(deployment(2, { name: 'c', image: 'web:1' }), deployment(1, defaulted));
    const compared = {
      ...scaled,
      normalizedLive: deployment(1, defaulted),
      predictedLive: deployment(2, defaulted),
    };
    expect(tasksOf(plan([compared]))[0]?.warnings).toEqual([]);
  });

  it('warns about restarts and about fields that cannot change', () => {
    const pod = (image: string, app = 'web') => ({
      spec: { selector: { matchLabels: { app } }, template: { spec: { containers: [{ name: 'c', image }] } } },
    });
    const before = object('Deployment', 'web', {}, pod('web:1'));
    expect(tasksOf(plan([resource(object('Deployment', 'web', {}, pod('web:2')), before)]))[0]?.warnings).toEqual([
      'restarts pods',
    ]);
    expect(
      tasksOf(plan([resource(object('Deployment', 'web', {}, pod('web:2', 'other')), before)]))[0]?.warnings,
    ).toEqual([
      expect.stringMatching(/^changes fields that cannot be changed \(spec\.selector: .*Replace=true,Force=true/),
    ]);
  });

  it('stops at a kind the cluster does not know, unless told to go on', () => {
    const widget: KubernetesObject = {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w', namespace: 'shop' },
    };
    expect(plan([resource(widget)]).problems).toEqual([
      'Widget shop/w: The Kubernetes API could not find example.com/Widget for requested resource shop/w. Make sure the "Widget" CRD is installed on the destination cluster',
    ]);
    expect(plan([resource(widget)], {}, {}, ['SkipDryRunOnMissingResource=true']).problems).toEqual([]);
  });

  it('asks the project about a kind that the cluster does not know, too', () => {
    const elsewhere = object('Widget', 'w', { 'argocd.argoproj.io/sync-options': 'SkipDryRunOnMissingResource=true' });
    elsewhere.apiVersion = 'example.com/v1';
    elsewhere.metadata.namespace = 'kube-system';
    expect(plan([resource(elsewhere)]).problems).toEqual([
      "Widget kube-system/w: namespace kube-system is not permitted in project 'default'",
    ]);
  });

  it('refuses a generated name for what is no hook', () => {
    const { name: _name, ...metadata } = a.metadata;
    const generated = { ...a, metadata: { ...metadata, generateName: 'a-' } };
    expect(plan([resource(generated, undefined, { key: resourceKeyOf(a) })]).problems).toEqual([
      'ConfigMap shop/a: only hooks can have a generated name. Set metadata.name',
    ]);
  });

  it('checks every task against the project, hooks and prunes too', () => {
    const elsewhere = { ...migrate, metadata: { ...migrate.metadata, namespace: 'kube-system' } };
    const old = { ...a, metadata: { ...a.metadata, namespace: 'kube-system' } };
    expect(plan([resource(elsewhere), resource(undefined, old)], { prune: true }).problems).toEqual([
      "ConfigMap kube-system/a: namespace kube-system is not permitted in project 'default'",
      "Job kube-system/migrate: namespace kube-system is not permitted in project 'default'",
    ]);
  });

  it('fails on a shared resource only when asked to', () => {
    const shared = [resource(a, a, { sharedWith: 'other' })];
    expect(plan(shared).problems).toEqual([]);
    expect(plan(shared, {}, {}, ['FailOnSharedResource=true']).problems).toEqual([
      'Shared resource found: ConfigMap/a is part of applications web and other. Keep each in one application',
    ]);
  });

  it('creates the namespace before hooks of any wave, and leaves it to Git when Git has it', () => {
    const early = object('Job', 'early', {
      'argocd.argoproj.io/hook': 'PreSync',
      'argocd.argoproj.io/sync-wave': '-5',
    });
    expect(actions([resource(a), resource(early)], {}, {}, ['CreateNamespace=true'])).toEqual([
      'PreSync create Namespace/shop',
      'PreSync hook Job/early',
      'Sync create ConfigMap/a',
    ]);
    expect(actions([resource(object('Namespace', 'shop')), resource(a)], {}, {}, ['CreateNamespace=true'])).toEqual([
      'Sync create Namespace/shop',
      'Sync create ConfigMap/a',
    ]);
  });

  it('uses the options of the operation instead of those of the application when it has some', () => {
    expect(actions([resource(a)], { syncOptions: [] }, {}, ['CreateNamespace=true'])).toEqual([
      'Sync create ConfigMap/a',
    ]);
  });
});

describe('isSelected', () => {
  const key = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
  it.each([
    [[], true],
    [[{ group: 'apps', kind: 'Deployment', name: 'web' }], true],
    [[{ group: 'apps', kind: 'Deployment', name: 'web', namespace: 'other' }], false],
    [[{ group: '*', kind: '*', name: '*' }], true],
    [[{ group: 'apps', kind: 'Deployment', name: 'web', exclude: true }], false],
    [[{ group: '', kind: 'ConfigMap', name: 'x', exclude: true }], true],
  ])('%j: %s', (selection, expected) => {
    expect(isSelected(key, selection)).toBe(expected);
  });
});
