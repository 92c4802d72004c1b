import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { assessHealth } from './assess-health.ts';
import { healthOfWord } from './words.ts';

function status(text: string): string | undefined {
  const parsed = load(text) as KubernetesObject;
  return assessHealth({ ...parsed, metadata: { name: 'x', ...parsed.metadata } })?.status;
}

const conditions = (...list: string[]): string => `{conditions: [${list.join(', ')}]}`;
const ready = (value: string, reason = 'R'): string => `{type: Ready, status: "${value}", reason: ${reason}}`;

describe('customHealth', () => {
  it('waits for a known controller that has not reported yet', () => {
    expect(status('{apiVersion: cert-manager.io/v1, kind: Certificate}')).toBe('Progressing');
    expect(status('{apiVersion: kafka.strimzi.io/v1beta2, kind: Kafka, status: {}}')).toBe('Progressing');
  });

  it('has nothing to say about the configuration that lives in the groups of known controllers', () => {
    expect(status('{apiVersion: keda.sh/v1alpha1, kind: TriggerAuthentication}')).toBeUndefined();
    expect(status('{apiVersion: kyverno.io/v2, kind: PolicyException}')).toBeUndefined();
    expect(status('{apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: AWSMachineTemplate}')).toBeUndefined();
    expect(status('{apiVersion: postgresql.cnpg.io/v1, kind: ImageCatalog}')).toBeUndefined();
    expect(status('{apiVersion: aws.upbound.io/v1beta1, kind: ProviderConfig}')).toBe('Healthy');
  });

  it('reads unknown kinds only by the Kubernetes conventions', () => {
    const thing = (rest: string) =>
      status(`{apiVersion: example.com/v1, kind: Thing, metadata: {generation: 2}, status: ${rest}}`);
    expect(thing(conditions(ready('True')))).toBe('Healthy');
    expect(thing(conditions(ready('False', 'Broken')))).toBe('Degraded');
    expect(thing(conditions(ready('False', 'Provisioning')))).toBe('Progressing');
    expect(thing(conditions(ready('Unknown')))).toBe('Progressing');
    expect(thing(conditions(ready('True'), '{type: Reconciling, status: "True"}'))).toBe('Progressing');
    expect(thing(conditions('{type: Stalled, status: "True"}'))).toBe('Degraded');
    expect(thing(`{observedGeneration: 1, conditions: [${ready('True')}]}`)).toBe('Progressing');
    expect(thing(conditions('{type: Busy, status: "True"}'))).toBeUndefined();
  });

  it.each([
    ['Healthy', 'cert-manager.io/v1', 'Certificate', conditions(ready('True'))],
    ['Progressing', 'cert-manager.io/v1', 'Certificate', conditions(ready('False'), '{type: Issuing, status: "True"}')],
    ['Degraded', 'cert-manager.io/v1', 'ClusterIssuer', conditions(ready('False'))],
    ['Degraded', 'external-secrets.io/v1', 'ExternalSecret', conditions(ready('False', 'SecretSyncedError'))],
    ['Healthy', 'bitnami.com/v1alpha1', 'SealedSecret', conditions('{type: Synced, status: "True"}')],
    ['Healthy', 'argoproj.io/v1alpha1', 'Workflow', '{phase: Succeeded}'],
    ['Progressing', 'argoproj.io/v1alpha1', 'Workflow', '{phase: Running}'],
    ['Degraded', 'argoproj.io/v1alpha1', 'Workflow', '{phase: Error}'],
    ['Suspended', 'argoproj.io/v1alpha1', 'Rollout', '{phase: Paused}'],
    ['Degraded', 'argoproj.io/v1alpha1', 'Rollout', '{phase: Degraded}'],
    ['Healthy', 'argoproj.io/v1alpha1', 'Rollout', '{phase: Healthy}'],
    ['Unknown', 'argoproj.io/v1alpha1', 'AnalysisRun', '{phase: Inconclusive}'],
    ['Degraded', 'argoproj.io/v1alpha1', 'ApplicationSet', conditions('{type: ErrorOccurred, status: "True"}')],
    [
      'Progressing',
      'argoproj.io/v1alpha1',
      'ApplicationSet',
      conditions('{type: ResourcesUpToDate, status: "True"}', '{type: RolloutProgressing, status: "True"}'),
    ],
    [
      'Degraded',
      'ec2.aws.crossplane.io/v1',
      'VPC',
      conditions(ready('True'), '{type: Synced, status: "False", reason: ReconcileError}'),
    ],
    [
      'Suspended',
      'ec2.aws.upbound.io/v1',
      'VPC',
      conditions('{type: Synced, status: "False", reason: ReconcilePaused}'),
    ],
    [
      'Progressing',
      'ec2.aws.upbound.io/v1',
      'VPC',
      conditions(ready('False', 'Creating'), '{type: Synced, status: "True"}'),
    ],
    [
      'Healthy',
      'pkg.crossplane.io/v1',
      'Provider',
      conditions('{type: Installed, status: "True"}', '{type: Healthy, status: "True"}'),
    ],
    ['Degraded', 'sns.services.k8s.aws/v1', 'Topic', conditions('{type: ACK.Terminal, status: "True"}')],
    [
      'Degraded',
      'source.toolkit.fluxcd.io/v1',
      'GitRepository',
      conditions(ready('False', 'GitOperationFailed'), '{type: Reconciling, status: "True"}'),
    ],
    [
      'Progressing',
      'kustomize.toolkit.fluxcd.io/v1',
      'Kustomization',
      conditions(ready('False', 'DependencyNotReady')),
    ],
    ['Healthy', 'helm.toolkit.fluxcd.io/v2', 'HelmRelease', conditions(ready('True'))],
    ['Degraded', 'kafka.strimzi.io/v1beta2', 'Kafka', conditions('{type: NotReady, status: "True"}')],
    ['Suspended', 'keda.sh/v1alpha1', 'ScaledObject', conditions(ready('True'), '{type: Paused, status: "True"}')],
    ['Degraded', 'keda.sh/v1alpha1', 'ScaledObject', conditions(ready('Unknown', 'PartialTriggerError'))],
    ['Healthy', 'postgresql.cnpg.io/v1', 'Cluster', '{phase: Cluster in healthy state}'],
    ['Progressing', 'postgresql.cnpg.io/v1', 'Cluster', '{phase: Setting up primary}'],
    ['Degraded', 'postgresql.cnpg.io/v1', 'Cluster', '{phase: Cluster is unrecoverable and needs manual intervention}'],
    ['Degraded', 'cluster.x-k8s.io/v1beta1', 'Machine', '{failureMessage: no capacity, phase: Provisioning}'],
    [
      'Progressing',
      'cluster.x-k8s.io/v1beta1',
      'Cluster',
      '{phase: Provisioning, conditions: [{type: Ready, status: "False", severity: Info}]}',
    ],
    ['Progressing', 'serving.knative.dev/v1', 'Service', conditions(ready('Unknown'))],
    ['Degraded', 'serving.knative.dev/v1', 'Service', conditions(ready('False', 'RevisionMissing'))],
    [
      'Healthy',
      'gateway.networking.k8s.io/v1',
      'HTTPRoute',
      '{parents: [{parentRef: {name: g}, conditions: [{type: Accepted, status: "True"}]}]}',
    ],
    [
      'Degraded',
      'gateway.networking.k8s.io/v1',
      'HTTPRoute',
      '{parents: [{parentRef: {name: g}, conditions: [{type: Accepted, status: "True"}, {type: ResolvedRefs, status: "False"}]}]}',
    ],
    [
      'Progressing',
      'gateway.networking.k8s.io/v1',
      'Gateway',
      conditions('{type: Accepted, status: "True"}', '{type: Programmed, status: "False", reason: Pending}'),
    ],
    ['Degraded', 'elasticsearch.k8s.elastic.co/v1', 'Elasticsearch', '{phase: Ready, health: red}'],
    ['Suspended', 'kubevirt.io/v1', 'VirtualMachine', '{printableStatus: Stopped}'],
    ['Degraded', 'operators.coreos.com/v1alpha1', 'ClusterServiceVersion', '{phase: Failed}'],
    ['Healthy', 'ceph.rook.io/v1', 'CephCluster', '{phase: Ready}'],
  ])('%s: %s %s %s', (expected, apiVersion, kind, rest) => {
    expect(status(`{apiVersion: ${apiVersion}, kind: ${kind}, status: ${rest}}`)).toBe(expected);
  });

  it('waits while a kruise update rests at its partition', () => {
    const cloneSet = (paused: boolean, partition: number, updated: number) =>
      status(
        `{apiVersion: apps.kruise.io/v1alpha1, kind: CloneSet, spec: {replicas: 5, updateStrategy: {paused: ${paused}, partition: ${partition}}}, status: {updatedReplicas: ${updated}, readyReplicas: 5}}`,
      );
    expect(cloneSet(false, 2, 3)).toBe('Suspended');
    expect(cloneSet(true, 0, 3)).toBe('Suspended');
    expect(cloneSet(false, 0, 5)).toBe('Healthy');
    expect(cloneSet(false, 0, 3)).toBe('Progressing');
  });

  it('does not count what an earlier generation of a route was told', () => {
    const route = (generation: number) =>
      status(
        `{apiVersion: gateway.networking.k8s.io/v1, kind: GRPCRoute, metadata: {generation: ${generation}}, status: {parents: [{parentRef: {name: g}, conditions: [{type: Accepted, status: "False", observedGeneration: 1}]}]}}`,
      );
    expect(route(1)).toBe('Degraded');
    expect(route(2)).toBe('Progressing');
  });
});

describe('healthOfWord', () => {
  it.each([
    ['Running', 'Healthy'],
    ['RUNNING', 'Healthy'],
    ['ClusterRunning', 'Healthy'],
    ['UpdateFailed', 'Degraded'],
    ['in-progress', 'Progressing'],
    ['InProgress', 'Progressing'],
    ['NotReady', 'Progressing'],
    ['PENDING_RERUN', 'Progressing'],
    ['CrashLoopBackOff', 'Degraded'],
    ['Unknown', 'Unknown'],
    ['paused', 'Suspended'],
    ['Frobnicated', undefined],
    ['', undefined],
  ])('%s is %s', (word, expected) => {
    expect(healthOfWord(word)).toBe(expected);
    expect(healthOfWord(word)).toBe(expected);
  });
});
