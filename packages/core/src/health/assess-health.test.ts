import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { assessHealth } from './assess-health.ts';

function object(text: string): KubernetesObject {
  const parsed = load(text) as KubernetesObject;
  return { ...parsed, metadata: { name: 'x', ...parsed.metadata } };
}

const status = (text: string): string | undefined => assessHealth(object(text))?.status;

describe('assessHealth', () => {
  it('has nothing to say about kinds without a check', () => {
    expect(status('{apiVersion: v1, kind: ConfigMap}')).toBeUndefined();
    expect(status('{apiVersion: example.com/v1, kind: Thing, status: {phase: Failed}}')).toBeUndefined();
    expect(status('{apiVersion: argoproj.io/v1alpha1, kind: Application, status: {}}')).toBeUndefined();
  });

  it('waits for what is being deleted, except for a hook that only we hold', () => {
    const deleted =
      '{apiVersion: v1, kind: ConfigMap, metadata: {deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [%]}}';
    expect(assessHealth(object(deleted.replace('%', 'example.com/x')))).toEqual({
      status: 'Progressing',
      message: 'Pending deletion',
    });
    expect(status(deleted.replace('%', 'argocd.argoproj.io/hook-finalizer'))).toBeUndefined();
  });

  it('asks the override first', () => {
    const service = object('{apiVersion: v1, kind: Service}');
    expect(assessHealth(service, () => ({ status: 'Degraded' }))?.status).toBe('Degraded');
    expect(assessHealth(service, () => 'none')).toBeUndefined();
    expect(assessHealth(service, () => undefined)?.status).toBe('Healthy');
  });

  it('does not know old versions of built-in kinds', () => {
    expect(status('{apiVersion: apps/v1beta1, kind: Deployment}')).toBe('Unknown');
  });

  it('is not misled by the names of inherited members', () => {
    expect(status('{apiVersion: constructor/v1, kind: constructor}')).toBeUndefined();
    expect(status('{apiVersion: ceph.rook.io/v1, kind: CephCluster, status: {phase: constructor}}')).toBe(
      'Progressing',
    );
    expect(status('{apiVersion: argoproj.io/v1alpha1, kind: Workflow, status: {phase: toString}}')).toBe('Progressing');
    const autoscaler =
      '{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, status: {conditions: [{type: constructor, status: "False"}]}}';
    expect(status(autoscaler)).toBe('Progressing');
  });

  it('survives objects of any shape', () => {
    const shapes = [
      'null',
      '[]',
      '5',
      'text',
      '{conditions: 5}',
      '{conditions: [null, 5, {type: 1}]}',
      '{phase: {}}',
      '{containerStatuses: [null]}',
    ];
    const kinds = [
      ['v1', 'Pod'],
      ['v1', 'Service'],
      ['v1', 'PersistentVolumeClaim'],
      ['apps/v1', 'Deployment'],
      ['apps/v1', 'StatefulSet'],
      ['apps/v1', 'DaemonSet'],
      ['apps/v1', 'ReplicaSet'],
      ['batch/v1', 'Job'],
      ['batch/v1', 'CronJob'],
      ['autoscaling/v2', 'HorizontalPodAutoscaler'],
      ['argoproj.io/v1alpha1', 'Rollout'],
      ['cert-manager.io/v1', 'Certificate'],
      ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
      ['ec2.aws.crossplane.io/v1', 'VPC'],
      ['cluster.x-k8s.io/v1', 'Machine'],
      ['gloo.solo.io/v1', 'Proxy'],
      ['work.karmada.io/v1alpha2', 'ResourceBinding'],
      ['numaflow.numaproj.io/v1', 'Pipeline'],
      ['apps.kruise.io/v1', 'CloneSet'],
      ['promoter.argoproj.io/v1', 'TimedCommitStatus'],
    ];
    for (const [apiVersion, kind] of kinds) {
      for (const shape of shapes) {
        const one = { ...object(`{apiVersion: ${apiVersion}, kind: ${kind}}`), spec: load(shape), status: load(shape) };
        expect(() => assessHealth(one)).not.toThrow();
      }
    }
  });
});

describe('built-in kinds', () => {
  it.each([
    ['Suspended', 'spec: {paused: true}'],
    ['Progressing', 'metadata: {generation: 2}\nstatus: {observedGeneration: 1}'],
    ['Degraded', 'status: {conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded}]}'],
    ['Progressing', 'spec: {replicas: 3}\nstatus: {updatedReplicas: 2, replicas: 3, availableReplicas: 3}'],
    ['Progressing', 'spec: {replicas: 3}\nstatus: {updatedReplicas: 3, replicas: 4, availableReplicas: 4}'],
    ['Progressing', 'spec: {replicas: 3}\nstatus: {updatedReplicas: 3, replicas: 3, availableReplicas: 2}'],
    ['Healthy', 'spec: {replicas: 3}\nstatus: {updatedReplicas: 3, replicas: 3, availableReplicas: 3}'],
    ['Healthy', 'spec: {replicas: 0}\nstatus: {}'],
  ])('a Deployment is %s: %s', (expected, rest) => {
    expect(status(`apiVersion: apps/v1\nkind: Deployment\n${rest}`)).toBe(expected);
  });

  it.each([
    ['Progressing', 'spec: {replicas: 1}'],
    ['Progressing', 'spec: {replicas: 2}\nstatus: {observedGeneration: 1, readyReplicas: 1}'],
    [
      'Progressing',
      'spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}}\nstatus: {observedGeneration: 1, readyReplicas: 3, updatedReplicas: 1}',
    ],
    [
      'Healthy',
      'spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}}\nstatus: {observedGeneration: 1, readyReplicas: 3, updatedReplicas: 2}',
    ],
    [
      'Healthy',
      'spec: {replicas: 1, updateStrategy: {type: OnDelete}}\nstatus: {observedGeneration: 1, readyReplicas: 1, updateRevision: b, currentRevision: a}',
    ],
    [
      'Progressing',
      'spec: {replicas: 1}\nstatus: {observedGeneration: 1, readyReplicas: 1, updateRevision: b, currentRevision: a}',
    ],
    [
      'Healthy',
      'spec: {replicas: 1}\nstatus: {observedGeneration: 1, readyReplicas: 1, updateRevision: a, currentRevision: a}',
    ],
  ])('a StatefulSet is %s: %s', (expected, rest) => {
    expect(status(`apiVersion: apps/v1\nkind: StatefulSet\n${rest}`)).toBe(expected);
  });

  it.each([
    ['Degraded', 'status: {conditions: [{type: ReplicaFailure, status: "True"}]}'],
    ['Progressing', 'spec: {replicas: 2}\nstatus: {availableReplicas: 1}'],
    ['Healthy', 'spec: {replicas: 1}\nstatus: {availableReplicas: 1}'],
  ])('a ReplicaSet is %s: %s', (expected, rest) => {
    expect(status(`apiVersion: apps/v1\nkind: ReplicaSet\n${rest}`)).toBe(expected);
  });

  it.each([
    ['Progressing', 'status: {desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2}'],
    ['Progressing', 'status: {desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1}'],
    ['Healthy', 'status: {desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2}'],
    ['Healthy', 'spec: {updateStrategy: {type: OnDelete}}\nstatus: {desiredNumberScheduled: 2}'],
  ])('a DaemonSet is %s: %s', (expected, rest) => {
    expect(status(`apiVersion: apps/v1\nkind: DaemonSet\n${rest}`)).toBe(expected);
  });

  const pod = (restartPolicy: string, rest: string, annotations = ''): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {annotations: {${annotations}}}\nspec: {restartPolicy: ${restartPolicy}}\nstatus: ${rest}`;

  it.each([
    ['Progressing', pod('Always', '{phase: Pending}')],
    [
      'Degraded',
      pod('Always', '{phase: Pending, containerStatuses: [{state: {waiting: {reason: ImagePullBackOff}}}]}'),
    ],
    ['Degraded', pod('Always', '{phase: Pending, containerStatuses: [{state: {waiting: {reason: ErrImagePull}}}]}')],
    [
      'Degraded',
      pod('Always', '{phase: Pending, initContainerStatuses: [{state: {waiting: {reason: CreateContainerError}}}]}'),
    ],
    [
      'Progressing',
      pod('Never', '{phase: Pending, containerStatuses: [{state: {waiting: {reason: ImagePullBackOff}}}]}'),
    ],
    ['Healthy', pod('Always', '{phase: Running, conditions: [{type: Ready, status: "True"}]}')],
    ['Progressing', pod('Always', '{phase: Running, containerStatuses: [{ready: false}]}')],
    [
      'Degraded',
      pod('Always', '{phase: Running, containerStatuses: [{ready: false, lastState: {terminated: {exitCode: 1}}}]}'),
    ],
    ['Progressing', pod('OnFailure', '{phase: Running, conditions: [{type: Ready, status: "True"}]}')],
    [
      'Healthy',
      pod(
        'Never',
        '{phase: Running, conditions: [{type: Ready, status: "True"}]}',
        'argocd.argoproj.io/ignore-restart-policy: "true"',
      ),
    ],
    [
      'Progressing',
      pod(
        'Never',
        '{phase: Running, conditions: [{type: Ready, status: "True"}]}',
        'argocd.argoproj.io/ignore-restart-policy: "true", argocd.argoproj.io/hook: Sync',
      ),
    ],
    ['Healthy', pod('Never', '{phase: Succeeded}')],
    ['Degraded', pod('Never', '{phase: Failed}')],
    ['Unknown', pod('Always', '{phase: Unknown}')],
  ])('a Pod is %s: %s', (expected, text) => {
    expect(status(text)).toBe(expected);
  });

  it('tells why a pod failed', () => {
    const failed = (terminated: string) =>
      assessHealth(
        object(pod('Never', `{phase: Failed, containerStatuses: [{name: main, state: {terminated: ${terminated}}}]}`)),
      )?.message;
    expect(failed('{exitCode: 3}')).toBe('container "main" failed with exit code 3');
    expect(failed('{reason: OOMKilled, exitCode: 137}')).toBe('OOMKilled');
    expect(failed('{message: out of disk, exitCode: 1}')).toBe('out of disk');
  });

  it.each([
    ['Healthy', '{apiVersion: v1, kind: Service, spec: {type: ClusterIP}}'],
    ['Progressing', '{apiVersion: v1, kind: Service, spec: {type: LoadBalancer}, status: {loadBalancer: {}}}'],
    ['Healthy', '{apiVersion: v1, kind: Service, spec: {type: LoadBalancer}, status: {loadBalancer: {ingress: [{}]}}}'],
    ['Progressing', '{apiVersion: networking.k8s.io/v1, kind: Ingress}'],
    [
      'Healthy',
      '{apiVersion: networking.k8s.io/v1, kind: Ingress, status: {loadBalancer: {ingress: [{ip: 10.0.0.1}]}}}',
    ],
    ['Degraded', '{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Lost}}'],
    ['Progressing', '{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Pending}}'],
    ['Healthy', '{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Bound}}'],
    ['Unknown', '{apiVersion: v1, kind: PersistentVolumeClaim}'],
    ['Progressing', '{apiVersion: batch/v1, kind: Job, status: {active: 1}}'],
    ['Degraded', '{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: Failed, status: "True"}]}}'],
    ['Suspended', '{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: Suspended, status: "True"}]}}'],
    ['Healthy', '{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: Complete, status: "True"}]}}'],
    ['Healthy', '{apiVersion: batch/v1, kind: CronJob, status: {}}'],
    [
      'Healthy',
      '{apiVersion: batch/v1, kind: CronJob, spec: {suspend: true}, status: {lastScheduleTime: "2026-01-02T00:00:00Z", lastSuccessfulTime: "2026-01-01T00:00:00Z"}}',
    ],
    [
      'Degraded',
      '{apiVersion: batch/v1, kind: CronJob, status: {lastScheduleTime: "2026-01-02T00:00:00Z", lastSuccessfulTime: "2026-01-01T00:00:00Z"}}',
    ],
    ['Progressing', '{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler}'],
    [
      'Healthy',
      '{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, status: {conditions: [{type: AbleToScale, status: "True"}]}}',
    ],
    [
      'Degraded',
      '{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, status: {conditions: [{type: AbleToScale, status: "True"}, {type: ScalingActive, status: "False", reason: FailedGetResourceMetric}]}}',
    ],
    [
      'Healthy',
      '{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: {annotations: {autoscaling.alpha.kubernetes.io/conditions: \'[{"type":"ScalingLimited","status":"True"}]\'}}}',
    ],
    [
      'Healthy',
      '{apiVersion: apiregistration.k8s.io/v1, kind: APIService, status: {conditions: [{type: Available, status: "True"}]}}',
    ],
    [
      'Progressing',
      '{apiVersion: apiregistration.k8s.io/v1, kind: APIService, status: {conditions: [{type: Available, status: "False"}]}}',
    ],
  ])('%s: %s', (expected, text) => {
    expect(status(text)).toBe(expected);
  });
});
