import { describe, expect, test } from 'vitest';
import { applyDefaults } from './apply-defaults.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] } };

describe('applyDefaults', () => {
  test('fills a Deployment as the API server does', () => {
    const deployment = applyDefaults({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { selector: { matchLabels: { app: 'web' } }, template: structuredClone(template) },
    });
    expect(deployment['spec']).toEqual({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'nginx:1.27',
              imagePullPolicy: 'IfNotPresent',
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
              resources: {},
            },
          ],
          dnsPolicy: 'ClusterFirst',
          restartPolicy: 'Always',
          securityContext: {},
          terminationGracePeriodSeconds: 30,
          schedulerName: 'default-scheduler',
        },
      },
    });
  });

  test('keeps zero replicas and a Recreate strategy without rolling parameters', () => {
    const { spec } = applyDefaults({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { replicas: 0, strategy: { type: 'Recreate' }, template: structuredClone(template) },
    }) as { spec: { replicas: number; strategy: object } };
    expect(spec.replicas).toBe(0);
    expect(spec.strategy).toEqual({ type: 'Recreate' });
  });

  test('gives a Pod requests from its limits, a template none', () => {
    const containers = [{ name: 'a', image: 'a:1', resources: { limits: { cpu: '1', memory: '1Gi' } } }];
    const pod = applyDefaults({ apiVersion: 'v1', kind: 'Pod', spec: { containers: structuredClone(containers) } });
    const podTemplate = applyDefaults({
      apiVersion: 'v1',
      kind: 'PodTemplate',
      template: { spec: { containers: structuredClone(containers) } },
    });
    expect(pod).toMatchObject({
      spec: {
        enableServiceLinks: true,
        containers: [{ resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } } }],
      },
    });
    expect(podTemplate).not.toHaveProperty('template.spec.containers.0.resources.requests');
  });

  test('fills probes, ports, volumes and projected tokens', () => {
    const pod = applyDefaults({
      apiVersion: 'v1',
      kind: 'Pod',
      spec: {
        containers: [
          {
            name: 'a',
            image: 'a',
            ports: [{ containerPort: 80 }],
            env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
            readinessProbe: { httpGet: { port: 80 }, periodSeconds: 5 },
          },
        ],
        volumes: [
          { name: 'scratch' },
          { name: 'files', configMap: { name: 'files' } },
          { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
        ],
      },
    });
    expect(pod).toMatchObject({
      spec: {
        containers: [
          {
            imagePullPolicy: 'Always',
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            env: [{ valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } }],
            readinessProbe: {
              httpGet: { port: 80, path: '/', scheme: 'HTTP' },
              periodSeconds: 5,
              timeoutSeconds: 1,
              successThreshold: 1,
              failureThreshold: 3,
            },
          },
        ],
        volumes: [
          { name: 'scratch', emptyDir: {} },
          { name: 'files', configMap: { name: 'files', defaultMode: 420 } },
          {
            name: 'token',
            projected: {
              defaultMode: 420,
              sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }],
            },
          },
        ],
      },
    });
  });

  test('fills a Service, its target ports and traffic policies by type', () => {
    const service = applyDefaults({
      apiVersion: 'v1',
      kind: 'Service',
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }, { port: 443, targetPort: 'https', protocol: 'UDP' }] },
    });
    expect(service['spec']).toEqual({
      type: 'LoadBalancer',
      sessionAffinity: 'None',
      ports: [
        { port: 80, protocol: 'TCP', targetPort: 80 },
        { port: 443, protocol: 'UDP', targetPort: 'https' },
      ],
      externalTrafficPolicy: 'Cluster',
      internalTrafficPolicy: 'Cluster',
      allocateLoadBalancerNodePorts: true,
    });
  });

  test.each([
    ['Namespace', 'v1', { metadata: { name: 'a' } }, { metadata: { labels: { 'kubernetes.io/metadata.name': 'a' } } }],
    ['Secret', 'v1', {}, { type: 'Opaque' }],
    ['PersistentVolumeClaim', 'v1', { spec: {} }, { spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } }],
    ['Job', 'batch/v1', { spec: { template } }, { spec: { completions: 1, parallelism: 1, backoffLimit: 6 } }],
    ['CronJob', 'batch/v1', { spec: {} }, { spec: { concurrencyPolicy: 'Allow', successfulJobsHistoryLimit: 3 } }],
    ['StatefulSet', 'apps/v1', { spec: {} }, { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } }],
    ['DaemonSet', 'apps/v1', { spec: {} }, { spec: { updateStrategy: { rollingUpdate: { maxSurge: 0 } } } }],
    [
      'HorizontalPodAutoscaler',
      'autoscaling/v2',
      { spec: {} },
      { spec: { minReplicas: 1, metrics: [{ type: 'Resource' }] } },
    ],
    [
      'NetworkPolicy',
      'networking.k8s.io/v1',
      { spec: { egress: [{}] } },
      { spec: { policyTypes: ['Ingress', 'Egress'] } },
    ],
    ['StorageClass', 'storage.k8s.io/v1', {}, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }],
    [
      'RoleBinding',
      'rbac.authorization.k8s.io/v1',
      { roleRef: { kind: 'Role', name: 'a' }, subjects: [{ kind: 'User', name: 'b' }] },
      { roleRef: { apiGroup: 'rbac.authorization.k8s.io' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io' }] },
    ],
  ])('fills a %s', (kind, apiVersion, object, expected) => {
    expect(applyDefaults({ apiVersion, kind, ...structuredClone(object) })).toMatchObject(expected);
  });

  test('is idempotent and leaves other kinds alone', () => {
    const custom = { apiVersion: 'example.com/v1', kind: 'Deployment', spec: {} };
    expect(applyDefaults(structuredClone(custom))).toEqual(custom);
    const once = applyDefaults({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      spec: { jobTemplate: { spec: { template } } },
    });
    expect(applyDefaults(structuredClone(once))).toEqual(once);
  });
});
