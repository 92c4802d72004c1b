import type { KubernetesObject } from '@lockstep/core';
import { expect, it } from 'vitest';
import { builtInActionsOf } from './built-in-actions.ts';

type Parts = { spec?: object; status?: object; labels?: Record<string, string>; annotations?: Record<string, string> };

const versions: Record<string, string> = { apps: 'v1', batch: 'v1' };

function objectOf(kind: string, { spec, status, labels, annotations }: Parts = {}): KubernetesObject {
  const [group = '', name = ''] = kind.split('/');
  return {
    apiVersion: `${group}/${versions[group] ?? 'v1beta1'}`,
    kind: name,
    metadata: {
      name: 'it',
      namespace: 'web',
      uid: 'u-1',
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    ...(spec === undefined ? {} : { spec }),
    ...(status === undefined ? {} : { status }),
  };
}

/** The names on offer; those in parentheses are not available now. */
function offered(kind: string, parts?: Parts): string {
  const object = objectOf(kind, parts);
  return builtInActionsOf(object)
    .map(({ name, isDisabled }) => (isDisabled?.(object) === true ? `(${name})` : name))
    .join(' ');
}

function run(kind: string, name: string, parts: Parts = {}, parameters: Record<string, string> = {}) {
  const object = objectOf(kind, parts);
  const action = builtInActionsOf(object).find((candidate) => candidate.name === name);
  if (action === undefined) throw new Error(`${kind} has no action ${name}`);
  return action.run(object, parameters);
}

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const annotation = (name: string, value: unknown) => ({ patch: { metadata: { annotations: { [name]: value } } } });

it.each<[string, Parts | undefined, string]>([
  ['apps/Deployment', undefined, 'restart pause (resume) scale'],
  ['apps/Deployment', { spec: { paused: true } }, 'restart (pause) resume scale'],
  ['apps/StatefulSet', undefined, 'restart scale'],
  ['apps/DaemonSet', undefined, 'restart'],
  ['batch/Job', undefined, 'suspend (resume) terminate'],
  ['batch/Job', { spec: { suspend: true }, status: { completionTime: 'x' } }, '(suspend) resume (terminate)'],
  ['batch/CronJob', undefined, 'create-job suspend (resume)'],
  ['argoproj.io/Application', undefined, '(toggle-auto-sync)'],
  ['argoproj.io/Application', { spec: { syncPolicy: { automated: {} } } }, 'toggle-auto-sync'],
  [
    'argoproj.io/Rollout',
    { status: { currentPodHash: 'a', stableRS: 'a' } },
    'restart pause (resume) (abort) (retry) (promote-full) (skip-current-step)',
  ],
  [
    'argoproj.io/Rollout',
    {
      spec: { strategy: { canary: { steps: [{}, {}] } } },
      status: { currentPodHash: 'b', stableRS: 'a', currentStepIndex: 1, pauseConditions: [{}] },
    },
    'restart (pause) resume abort (retry) promote-full skip-current-step',
  ],
  [
    'argoproj.io/Rollout',
    {
      spec: { strategy: { canary: { steps: [{}] } } },
      status: { currentPodHash: 'b', stableRS: 'a', currentStepIndex: 1, abort: true, promoteFull: true },
    },
    'restart pause (resume) (abort) retry (promote-full) (skip-current-step)',
  ],
  ['argoproj.io/AnalysisRun', { status: { phase: 'Running' } }, 'terminate'],
  ['argoproj.io/AnalysisRun', { status: { phase: 'Failed' } }, '(terminate)'],
  ['argoproj.io/CronWorkflow', undefined, 'create-workflow'],
  ['argoproj.io/WorkflowTemplate', undefined, 'create-workflow'],
  ['core.strimzi.io/StrimziPodSet', undefined, 'rolling-update'],
  [
    'core.strimzi.io/StrimziPodSet',
    { annotations: { 'strimzi.io/manual-rolling-update': 'true' } },
    '(rolling-update)',
  ],
  ['external-secrets.io/ExternalSecret', undefined, 'refresh'],
  ['external-secrets.io/PushSecret', undefined, 'push'],
  ['promoter.argoproj.io/PullRequest', { spec: { state: 'open' } }, 'merge'],
  ['k8s.mariadb.com/MariaDB', undefined, 'suspend (resume)'],
  ['psmdb.percona.com/PerconaServerMongoDB', { spec: { pause: true } }, '(pause) unpause'],
  ['keda.sh/ScaledJob', undefined, 'pause (resume)'],
  ['keda.sh/ScaledObject', undefined, 'pause paused-replicas (resume)'],
  [
    'keda.sh/ScaledObject',
    { annotations: { 'autoscaling.keda.sh/paused-replicas': '2' } },
    '(pause) paused-replicas resume',
  ],
  ['numaflow.numaproj.io/InterStepBufferService', undefined, '(force-promote)'],
  [
    'numaflow.numaproj.io/MonoVertex',
    { labels: { 'numaplane.numaproj.io/upgrade-state': 'in-progress' } },
    'pause (unpause-gradual) (unpause-fast) force-promote',
  ],
  [
    'numaflow.numaproj.io/Pipeline',
    {
      spec: {
        lifecycle: { desiredPhase: 'Paused' },
        metadata: { annotations: { 'numaflow.numaproj.io/allowed-resume-strategies': 'slow, fast' } },
      },
    },
    '(pause) unpause-gradual unpause-fast (force-promote)',
  ],
  [
    'numaplane.numaproj.io/MonoVertexRollout',
    { spec: { monoVertex: { spec: { lifecycle: { desiredPhase: 'Paused' } } } } },
    '(pause) unpause-gradual (unpause-fast)',
  ],
  [
    'numaplane.numaproj.io/PipelineRollout',
    { status: { upgradeInProgress: 'PipelinePauseAndDrain' } },
    'pause (unpause-gradual) (unpause-fast) allow-data-loss (disallow-data-loss)',
  ],
  [
    'postgresql.cnpg.io/Cluster',
    { status: { currentPrimary: 'a', instancesStatus: { healthy: ['a', 'b'] } } },
    'restart reload promote suspend (resume)',
  ],
  [
    'postgresql.cnpg.io/Cluster',
    {
      status: { currentPrimary: 'a', instancesStatus: { healthy: ['a'] } },
      annotations: { 'cnpg.io/hibernation': 'on' },
    },
    'restart reload (promote) (suspend) resume',
  ],
  ['helm.toolkit.fluxcd.io/HelmRelease', undefined, 'reconcile suspend (resume)'],
  ['kustomize.toolkit.fluxcd.io/Kustomization', { spec: { suspend: true } }, 'reconcile (suspend) resume'],
  ['image.toolkit.fluxcd.io/ImageRepository', undefined, 'reconcile suspend (resume)'],
  ['image.toolkit.fluxcd.io/ImageUpdateAutomation', undefined, 'reconcile suspend (resume)'],
  ['notification.toolkit.fluxcd.io/Receiver', undefined, 'reconcile suspend (resume)'],
  ['source.toolkit.fluxcd.io/Bucket', undefined, 'reconcile suspend (resume)'],
  ['source.toolkit.fluxcd.io/GitRepository', undefined, 'reconcile suspend (resume)'],
  ['source.toolkit.fluxcd.io/HelmChart', undefined, 'reconcile suspend (resume)'],
  ['source.toolkit.fluxcd.io/HelmRepository', undefined, 'reconcile suspend (resume)'],
  ['source.toolkit.fluxcd.io/OCIRepository', undefined, 'reconcile suspend (resume)'],
  ['notification.toolkit.fluxcd.io/Alert', undefined, 'suspend (resume)'],
  ['notification.toolkit.fluxcd.io/Provider', undefined, 'suspend (resume)'],
  ['example.com/Widget', undefined, ''],
])('%s %j offers %s', (kind, parts, expected) => {
  expect(offered(kind, parts)).toBe(expected);
});

it.each<[string, string, Parts, Record<string, string>, unknown]>([
  ['apps/Deployment', 'scale', {}, { replicas: '0' }, { patch: { spec: { replicas: 0 } } }],
  ['apps/Deployment', 'pause', {}, {}, { patch: { spec: { paused: true } } }],
  [
    'apps/DaemonSet',
    'restart',
    {},
    {},
    { patch: { spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': time } } } } } },
  ],
  ['batch/CronJob', 'suspend', {}, {}, { patch: { spec: { suspend: true } } }],
  [
    'argoproj.io/Application',
    'toggle-auto-sync',
    { spec: { syncPolicy: { automated: { prune: true } } } },
    {},
    { patch: { spec: { syncPolicy: { automated: { enabled: false } } } } },
  ],
  ['argoproj.io/Rollout', 'restart', {}, {}, { patch: { spec: { restartAt: time } } }],
  ['argoproj.io/Rollout', 'abort', {}, {}, { patch: { status: { abort: true } } }],
  ['argoproj.io/Rollout', 'retry', {}, {}, { patch: { status: { abort: false } } }],
  ['argoproj.io/Rollout', 'promote-full', {}, {}, { patch: { status: { promoteFull: true } } }],
  [
    'argoproj.io/Rollout',
    'resume',
    { spec: { paused: true }, status: { pauseConditions: [{}] } },
    {},
    { patch: { spec: { paused: false }, status: { pauseConditions: null } } },
  ],
  [
    'argoproj.io/Rollout',
    'skip-current-step',
    { status: { currentStepIndex: 1 } },
    {},
    { patch: { status: { pauseConditions: null, currentStepIndex: 2 } } },
  ],
  ['argoproj.io/AnalysisRun', 'terminate', {}, {}, { patch: { spec: { terminate: true } } }],
  ['external-secrets.io/ExternalSecret', 'refresh', {}, {}, annotation('force-sync', time)],
  ['core.strimzi.io/StrimziPodSet', 'rolling-update', {}, {}, annotation('strimzi.io/manual-rolling-update', 'true')],
  ['promoter.argoproj.io/PullRequest', 'merge', {}, {}, { patch: { spec: { state: 'merged' } } }],
  [
    'keda.sh/ScaledObject',
    'paused-replicas',
    {},
    { replicas: '3' },
    annotation('autoscaling.keda.sh/paused-replicas', '3'),
  ],
  [
    'keda.sh/ScaledObject',
    'resume',
    {},
    {},
    {
      patch: {
        metadata: { annotations: { 'autoscaling.keda.sh/paused': null, 'autoscaling.keda.sh/paused-replicas': null } },
      },
    },
  ],
  ['source.toolkit.fluxcd.io/GitRepository', 'reconcile', {}, {}, annotation('reconcile.fluxcd.io/requestedAt', time)],
  ['postgresql.cnpg.io/Cluster', 'suspend', {}, {}, annotation('cnpg.io/hibernation', 'on')],
  [
    'postgresql.cnpg.io/Cluster',
    'promote',
    { status: { currentPrimary: 'b', instancesStatus: { healthy: ['a', 'b', 'c'] } } },
    {},
    {
      patch: {
        status: {
          targetPrimary: 'c',
          targetPrimaryTimestamp: time,
          phase: 'Switchover in progress',
          phaseReason: 'Switching over to c',
        },
      },
    },
  ],
  [
    'numaflow.numaproj.io/Pipeline',
    'unpause-fast',
    {},
    {},
    {
      patch: {
        spec: { lifecycle: { desiredPhase: 'Running' } },
        metadata: { annotations: { 'numaflow.numaproj.io/resume-strategy': 'fast' } },
      },
    },
  ],
  [
    'numaplane.numaproj.io/PipelineRollout',
    'unpause-gradual',
    {},
    {},
    {
      patch: {
        spec: {
          pipeline: {
            spec: {
              lifecycle: { desiredPhase: 'Running' },
              metadata: { annotations: { 'numaflow.numaproj.io/resume-strategy': 'slow' } },
            },
          },
        },
      },
    },
  ],
  [
    'numaplane.numaproj.io/MonoVertexRollout',
    'pause',
    {},
    {},
    { patch: { spec: { monoVertex: { spec: { lifecycle: { desiredPhase: 'Paused' } } } } } },
  ],
])('%s %s does what its controller understands', (kind, name, parts, parameters, expected) => {
  expect(run(kind, name, parts, parameters)).toEqual(expected);
});

it('starts a Job and Workflows as their controllers would, owned by what they come from', () => {
  const owner = { name: 'it', uid: 'u-1' };
  expect(
    run('batch/CronJob', 'create-job', {
      spec: { jobTemplate: { metadata: { labels: { a: 'b' } }, spec: { backoffLimit: 1 } } },
    }),
  ).toMatchObject({
    create: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: expect.stringMatching(/^it-[a-z0-9]+$/),
        namespace: 'web',
        labels: { a: 'b' },
        annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
        ownerReferences: [{ kind: 'CronJob', controller: true, ...owner }],
      },
      spec: { backoffLimit: 1 },
    },
  });
  expect(
    run('argoproj.io/CronWorkflow', 'create-workflow', {
      labels: { 'workflows.argoproj.io/controller-instanceid': 'i' },
      spec: { workflowMetadata: { labels: { a: 'b' }, finalizers: ['f'] }, workflowSpec: { entrypoint: 'x' } },
    }),
  ).toMatchObject({
    create: {
      kind: 'Workflow',
      metadata: {
        labels: {
          a: 'b',
          'workflows.argoproj.io/cron-workflow': 'it',
          'workflows.argoproj.io/controller-instanceid': 'i',
        },
        annotations: { 'workflows.argoproj.io/scheduled-time': time },
        finalizers: ['f'],
        ownerReferences: [{ kind: 'CronWorkflow', ...owner }],
      },
      spec: { entrypoint: 'x' },
    },
  });
  expect(run('argoproj.io/WorkflowTemplate', 'create-workflow')).toMatchObject({
    create: {
      metadata: { labels: { 'workflows.argoproj.io/workflow-template': 'it' }, ownerReferences: [owner] },
      spec: { workflowTemplateRef: { name: 'it' } },
    },
  });
});

it.each(['', '-1', '1e3', '2.5', '10001', 'many'])('does not scale to %j', (replicas) => {
  expect(() => run('apps/StatefulSet', 'scale', {}, { replicas })).toThrow('is not a number from 0 to 10000');
});

it('promotes only a healthy instance', () => {
  expect(() =>
    run(
      'postgresql.cnpg.io/Cluster',
      'promote',
      { status: { currentPrimary: 'a', instancesStatus: { healthy: ['a', 'b'] } } },
      { instance: 'z' },
    ),
  ).toThrow('"z" is not a healthy instance');
});
