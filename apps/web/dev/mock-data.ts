import type {
  Application,
  ApplicationTree,
  AppProject,
  Cluster,
  Condition,
  HealthStatus,
  HistoryEntry,
  Hold,
  KubernetesEvent,
  KubernetesObject,
  OperationState,
  Repository,
  ResourceNode,
} from '../src/lib/api-types.ts';

/** An application of the mock world: the resource, what Git wants, what is live, and the children the cluster made. */
export interface MockApplication {
  app: Application;
  pairs: {
    target?: KubernetesObject;
    live?: KubernetesObject;
    health?: HealthStatus;
    healthMessage?: string;
    hook?: boolean;
  }[];
  children: ResourceNode[];
  events: KubernetesEvent[];
}

const now = Date.now();
export const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();

const messages: Record<string, { message: string; author: string; minutes: number }> = {};
/** A commit hash that is the same on every start. */
export function sha(seed: string, message = 'Raise memory limits', minutes = 60): string {
  let hash = '';
  let state = 2166136261;
  for (let index = 0; hash.length < 40; index++) {
    for (const char of `${seed}${index}`) state = Math.imul(state ^ char.charCodeAt(0), 16777619) >>> 0;
    hash += state.toString(16).padStart(8, '0');
  }
  const revision = hash.slice(0, 40);
  messages[revision] ??= { message, author: 'Platform Team <platform@example.com>', minutes };
  return revision;
}
export const revisionOf = (revision: string) => messages[revision];

const object = (
  apiVersion: string,
  kind: string,
  namespace: string,
  name: string,
  rest: Record<string, unknown>,
  annotations: Record<string, string> = {},
): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: {
    name,
    namespace,
    labels: { 'app.kubernetes.io/instance': name },
    ...(Object.keys(annotations).length > 0 && { annotations }),
  },
  ...rest,
});

const wave = (value: number) => ({ 'argocd.argoproj.io/sync-wave': String(value) });
const hook = (phase: string) => ({
  'argocd.argoproj.io/hook': phase,
  'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
});

function deployment(
  namespace: string,
  name: string,
  image: string,
  replicas = 2,
  annotations = {},
  memory = '256Mi',
): KubernetesObject {
  return object(
    'apps/v1',
    'Deployment',
    namespace,
    name,
    {
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            serviceAccountName: name,
            containers: [
              {
                name,
                image,
                ports: [{ name: 'http', containerPort: 8080 }],
                env: [
                  { name: 'LOG_LEVEL', value: 'info' },
                  { name: 'REGION', value: 'eu-west-1' },
                ],
                resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory } },
                readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 5 },
              },
            ],
          },
        },
      },
    },
    annotations,
  );
}
const service = (namespace: string, name: string): KubernetesObject =>
  object('v1', 'Service', namespace, name, {
    spec: { type: 'ClusterIP', selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  });
const ingress = (namespace: string, name: string, host: string): KubernetesObject =>
  object('networking.k8s.io/v1', 'Ingress', namespace, name, {
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host,
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name, port: { name: 'http' } } } }] },
        },
      ],
    },
  });
const configMap = (namespace: string, name: string, data: Record<string, string>, annotations = {}): KubernetesObject =>
  object('v1', 'ConfigMap', namespace, name, { data }, annotations);
const secret = (namespace: string, name: string): KubernetesObject =>
  object('v1', 'Secret', namespace, name, { type: 'Opaque', data: { password: '++++++++', token: '++++++++++++' } });
const serviceAccount = (namespace: string, name: string): KubernetesObject =>
  object('v1', 'ServiceAccount', namespace, name, {});
const job = (namespace: string, name: string, image: string, annotations = {}): KubernetesObject =>
  object(
    'batch/v1',
    'Job',
    namespace,
    name,
    {
      spec: {
        backoffLimit: 2,
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'run', image, args: ['migrate', '--to', 'latest'] }] },
        },
      },
    },
    annotations,
  );
const cronJob = (namespace: string, name: string, suspend: boolean): KubernetesObject =>
  object('batch/v1', 'CronJob', namespace, name, {
    spec: {
      schedule: '15 3 * * *',
      suspend,
      jobTemplate: {
        spec: { template: { spec: { containers: [{ name: 'run', image: 'registry.example.com/tools/report:2.1' }] } } },
      },
    },
  });
const statefulSet = (namespace: string, name: string, image: string, replicas: number): KubernetesObject =>
  object('apps/v1', 'StatefulSet', namespace, name, {
    spec: { replicas, serviceName: name, template: { spec: { containers: [{ name, image }] } } },
  });
const pdb = (namespace: string, name: string): KubernetesObject =>
  object('policy/v1', 'PodDisruptionBudget', namespace, name, {
    spec: { minAvailable: 1, selector: { matchLabels: { app: name } } },
  });

let uid = 0;
/** Gives an object what a cluster adds to it. */
export function asLive(target: KubernetesObject, status?: Record<string, unknown>): KubernetesObject {
  uid += 1;
  return {
    ...target,
    metadata: {
      ...target.metadata,
      uid: `00000000-0000-4000-8000-${String(uid).padStart(12, '0')}`,
      resourceVersion: String(81000 + uid),
      creationTimestamp: ago(60 * 24 * 12),
      managedFields: [{ manager: 'lockstep-controller', operation: 'Apply', time: ago(95) }],
    },
    ...(status && { status }),
  };
}

function pods(owner: ResourceNode, count: number, image: string, broken = 0, starting = 0): ResourceNode[] {
  return Array.from({ length: count }, (_, index) => {
    const isBroken = index < broken;
    const isStarting = !isBroken && index < broken + starting;
    const info = [
      { name: 'Status Reason', value: isBroken ? 'ImagePullBackOff' : isStarting ? 'ContainerCreating' : 'Running' },
      { name: 'Node', value: `node-${(index % 3) + 1}` },
      { name: 'Containers', value: isBroken || isStarting ? '0/1' : '1/1' },
    ];
    if (index === 0 && !isBroken) info.push({ name: 'Restart Count', value: '2' });
    uid += 1;
    return {
      version: 'v1',
      kind: 'Pod',
      namespace: owner.namespace ?? '',
      name: `${owner.name}-${(uid * 7919).toString(36).slice(0, 5)}`,
      uid: `pod-${uid}`,
      parentRefs: [
        {
          group: owner.group ?? '',
          kind: owner.kind,
          namespace: owner.namespace ?? '',
          name: owner.name,
          uid: owner.uid ?? '',
        },
      ],
      info,
      images: [image],
      createdAt: ago(isStarting ? 1 : 95 + index),
      health: isBroken
        ? { status: 'Degraded' as const, message: `Back-off pulling image "${image}": manifest unknown` }
        : { status: isStarting ? ('Progressing' as const) : ('Healthy' as const) },
    };
  });
}

function workload(
  live: KubernetesObject,
  image: string,
  count: number,
  broken = 0,
  starting = 0,
  oldSets = 1,
): ResourceNode[] {
  const parent = {
    group: 'apps',
    kind: live.kind,
    namespace: live.metadata.namespace ?? '',
    name: live.metadata.name,
    uid: live.metadata.uid ?? '',
  };
  if (live.kind !== 'Deployment') return pods({ ...parent, version: 'v1' }, count, image, broken, starting);
  const sets: ResourceNode[] = Array.from({ length: oldSets + 1 }, (_, index) => ({
    group: 'apps',
    version: 'v1',
    kind: 'ReplicaSet',
    namespace: parent.namespace,
    name: `${parent.name}-${['6c9f7d5b8', '7f44cbbd9', '5d8b9c7f6', '86b4f7c54'][index % 4]}`,
    uid: `rs-${parent.uid}-${index}`,
    parentRefs: [parent],
    info: [{ name: 'Revision', value: `Rev:${oldSets + 1 - index}` }],
    createdAt: ago(95 + index * 2000),
    health: {
      status:
        index === 0 && broken > 0
          ? ('Degraded' as const)
          : index === 0 && starting > 0
            ? ('Progressing' as const)
            : ('Healthy' as const),
    },
  }));
  const newest = sets[0];
  return newest ? [...sets, ...pods(newest, count, image, broken, starting)] : sets;
}

interface Spec {
  name: string;
  project: string;
  cluster: 'in-cluster' | 'prod-eu-1' | 'prod-us-1' | 'staging-1';
  namespace: string;
  repo?: string;
  path?: string;
  chart?: string;
  targetRevision?: string;
  health: HealthStatus;
  sync: 'Synced' | 'OutOfSync' | 'Unknown';
  auto: 'on' | 'off';
  pairs: MockApplication['pairs'];
  children?: ResourceNode[];
  conditions?: Condition[];
  operation?: Partial<OperationState> & { minutes?: number; by?: string };
  history?: number;
  message?: string;
  labels?: Record<string, string>;
  hold?: Hold;
  can?: Record<string, boolean>;
  events?: KubernetesEvent[];
}

const servers = {
  'in-cluster': 'https://kubernetes.default.svc',
  'prod-eu-1': 'https://prod-eu-1.example.com',
  'prod-us-1': 'https://prod-us-1.example.com',
  'staging-1': 'https://staging-1.example.com',
};

const subjects = [
  'Raise memory limits',
  'Fix tax rounding for zero-decimal currencies',
  'Roll out request signing',
  'Bump base image',
  'Add readiness probe',
  'Use two replicas in staging',
  'Rotate signing key reference',
  'Move cron to 03:15',
  'Drop the legacy worker',
];

function history(spec: Spec, count: number): HistoryEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const id = index + 1;
    const age = (count - index) * 640 + 30;
    return {
      id,
      revision: sha(`${spec.name}-${id}`, subjects[(id + spec.name.length) % subjects.length], age + 12),
      deployedAt: ago(age),
      deployStartedAt: new Date(now - age * 60_000 - (9 + (id % 5) * 14) * 1000).toISOString(),
      initiatedBy: id % 3 === 0 ? { username: 'ada' } : { automated: true },
    };
  });
}

function build(spec: Spec): MockApplication {
  const count = spec.history ?? 6;
  const entries = count > 0 ? history(spec, count) : [];
  const head =
    spec.sync === 'OutOfSync' || count === 0
      ? sha(`${spec.name}-head`, spec.message ?? 'Release 1.9.0: retries and idempotency keys', 14)
      : (entries.at(-1)?.revision ?? '');
  const deployed = entries.at(-1);
  const { minutes, by, ...operation } = spec.operation ?? {};
  const operationState: OperationState | undefined =
    deployed || spec.operation
      ? {
          operation: {
            sync: { revision: deployed?.revision ?? head, prune: spec.auto === 'on' },
            initiatedBy: by ? { username: by } : { automated: true },
          },
          phase: 'Succeeded',
          message: 'successfully synced (all tasks run)',
          startedAt: minutes === undefined ? (deployed?.deployStartedAt ?? ago(95)) : ago(minutes),
          ...(operation.phase === 'Running'
            ? {}
            : { finishedAt: minutes === undefined ? (deployed?.deployedAt ?? ago(94)) : ago(minutes - 0.4) }),
          syncResult: {
            revision: deployed?.revision ?? head,
            resources: spec.pairs
              .filter((pair) => pair.target && pair.live)
              .map(({ target }) => ({
                group: groupOf(target!.apiVersion),
                version: 'v1',
                kind: target!.kind,
                namespace: target!.metadata.namespace ?? '',
                name: target!.metadata.name,
                status: 'Synced' as const,
                message: `${target!.kind.toLowerCase()}/${target!.metadata.name} ${target!.kind === 'Deployment' ? 'configured' : 'unchanged'}`,
                syncPhase: 'Sync',
                hookPhase: 'Running' as const,
              })),
          },
          ...operation,
        }
      : undefined;
  const differing = (pair: MockApplication['pairs'][number]) =>
    !pair.hook &&
    (!pair.target || !pair.live || JSON.stringify(spec2(pair.target)) !== JSON.stringify(spec2(pair.live)));
  const app: Application = {
    metadata: {
      name: spec.name,
      namespace: 'argocd',
      uid: `app-${spec.name}`,
      resourceVersion: '4711',
      creationTimestamp: ago(60 * 24 * 40),
      labels: { team: spec.project, env: spec.cluster.startsWith('prod') ? 'prod' : 'dev', ...spec.labels },
      ...(spec.hold && { annotations: { 'lockstep.dev/hold': JSON.stringify(spec.hold) } }),
      finalizers: ['resources-finalizer.argocd.argoproj.io'],
    },
    spec: {
      project: spec.project,
      source: {
        repoURL: spec.repo ?? 'https://git.example.com/platform/deploy.git',
        ...(spec.chart ? { chart: spec.chart } : { path: spec.path ?? `apps/${spec.name}` }),
        targetRevision: spec.targetRevision ?? 'main',
        ...(spec.chart && {
          helm: {
            releaseName: spec.name,
            valueFiles: ['values.yaml', 'values-prod.yaml'],
            parameters: [
              { name: 'replicas', value: '3' },
              { name: 'ingress.host', value: `${spec.name}.example.com` },
            ],
          },
        }),
      },
      destination: { server: servers[spec.cluster], name: spec.cluster, namespace: spec.namespace },
      syncPolicy: {
        ...(spec.auto === 'on' && { automated: { prune: true, selfHeal: true } }),
        syncOptions: ['CreateNamespace=true', 'ServerSideApply=true'],
        retry: { limit: 5, backoff: { duration: '5s', factor: 2, maxDuration: '3m' } },
      },
    },
    status: {
      health: { status: spec.health, lastTransitionTime: ago(42) },
      sync: { status: spec.sync, revision: head },
      resources: spec.pairs
        .filter((pair) => !pair.hook)
        .map((pair) => {
          const source = (pair.target ?? pair.live)!;
          const annotations = source.metadata.annotations ?? {};
          return {
            group: groupOf(source.apiVersion),
            version: source.apiVersion.split('/').at(-1) ?? 'v1',
            kind: source.kind,
            namespace: source.metadata.namespace ?? '',
            name: source.metadata.name,
            status:
              spec.sync === 'Unknown'
                ? ('Unknown' as const)
                : differing(pair)
                  ? ('OutOfSync' as const)
                  : ('Synced' as const),
            ...(hasHealth(source.kind) && {
              health: {
                status: !pair.live ? ('Missing' as const) : (pair.health ?? 'Healthy'),
                ...(pair.healthMessage && { message: pair.healthMessage }),
              },
            }),
            ...(!pair.target && { requiresPruning: true }),
            ...(annotations['argocd.argoproj.io/sync-wave'] && {
              syncWave: Number(annotations['argocd.argoproj.io/sync-wave']),
            }),
          };
        }),
      ...(spec.conditions && { conditions: spec.conditions }),
      history: entries,
      ...(operationState && { operationState }),
      reconciledAt: ago(1),
      sourceType: spec.chart ? 'Helm' : 'Kustomize',
      summary: {
        images: [...new Set(spec.pairs.flatMap((pair) => images(pair.target)))],
        externalURLs: spec.pairs
          .filter((pair) => pair.live?.kind === 'Ingress')
          .map(() => `https://${spec.name}.example.com`),
      },
    },
    can: {
      sync: true,
      rollback: true,
      delete: true,
      update: true,
      override: true,
      logs: true,
      exec: true,
      ...spec.can,
    },
  };
  return { app, pairs: spec.pairs, children: spec.children ?? [], events: spec.events ?? [] };
}

export const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
export const hasHealth = (kind: string): boolean => !['ConfigMap', 'Secret', 'ServiceAccount'].includes(kind);
const images = (value: KubernetesObject | undefined): string[] =>
  [...JSON.stringify(value ?? {}).matchAll(/"image":"([^"]+)"/g)].map((match) => match[1] ?? '');
/** The part of an object a person writes. */
export function spec2(value: KubernetesObject): unknown {
  const { status: _status, metadata, ...rest } = value;
  const { uid: _uid, resourceVersion: _rv, creationTimestamp: _at, managedFields: _fields, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

const same = (
  target: KubernetesObject,
  extra: Partial<MockApplication['pairs'][number]> = {},
  status?: Record<string, unknown>,
) => ({ target, live: asLive(target, status), ...extra });

function standard(
  namespace: string,
  name: string,
  image: string,
  replicas = 2,
): { pairs: MockApplication['pairs']; children: ResourceNode[] } {
  const main = same(
    deployment(namespace, name, image, replicas),
    {},
    {
      replicas,
      readyReplicas: replicas,
      conditions: [
        {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
          lastTransitionTime: ago(95),
        },
      ],
    },
  );
  return {
    pairs: [
      main,
      same(service(namespace, name)),
      same(ingress(namespace, name, `${name}.example.com`)),
      same(configMap(namespace, `${name}-config`, { 'app.yaml': 'log: info\nregion: eu-west-1\n' })),
      same(secret(namespace, `${name}-credentials`)),
      same(serviceAccount(namespace, name)),
    ],
    children: workload(main.live, image, replicas),
  };
}

function event(
  kind: string,
  name: string,
  type: string,
  reason: string,
  message: string,
  minutes: number,
  count = 1,
): KubernetesEvent {
  return {
    metadata: { uid: `event-${name}-${reason}-${minutes}` },
    type,
    reason,
    message,
    count,
    firstTimestamp: ago(minutes + count),
    lastTimestamp: ago(minutes),
    involvedObject: { kind, name },
    source: { component: 'kubelet' },
  };
}

function payments(): MockApplication {
  const ns = 'payments';
  const v1 = 'registry.example.com/payments/api:1.8.2';
  const v2 = 'registry.example.com/payments/api:1.9.0';
  const apiLive = asLive(deployment(ns, 'api', v1, 3), {
    replicas: 3,
    readyReplicas: 3,
    conditions: [
      {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
        lastTransitionTime: ago(950),
      },
      {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: 'ReplicaSet "api-6c9f7d5b8" has successfully progressed.',
        lastTransitionTime: ago(950),
      },
    ],
  });
  const workerLive = asLive(deployment(ns, 'worker', 'registry.example.com/payments/worker:1.8.2', 2));
  workerLive.metadata.managedFields = [
    { manager: 'lockstep-controller', operation: 'Apply', time: ago(950) },
    { manager: 'kubectl-edit', operation: 'Update', time: ago(31) },
  ];
  (workerLive['spec'] as { replicas: number }).replicas = 6;
  const db = same(statefulSet(ns, 'ledger-db', 'registry.example.com/db/postgres:17.2', 3));
  const pairs: MockApplication['pairs'] = [
    { target: deployment(ns, 'api', v2, 3, {}, '512Mi'), live: apiLive },
    {
      target: deployment(ns, 'worker', 'registry.example.com/payments/worker:1.8.2', 2, wave(1)),
      live: { ...workerLive, metadata: { ...workerLive.metadata, annotations: wave(1) } },
    },
    db,
    same(service(ns, 'api')),
    same(service(ns, 'ledger-db')),
    same(ingress(ns, 'api', 'payments.example.com')),
    {
      target: configMap(
        ns,
        'api-config',
        { 'app.yaml': 'log: info\nretries: 5\nidempotency: true\ntax:\n  rounding: half-even\n' },
        wave(-1),
      ),
      live: asLive(
        configMap(ns, 'api-config', { 'app.yaml': 'log: info\nretries: 3\ntax:\n  rounding: half-up\n' }, wave(-1)),
      ),
    },
    { live: asLive(configMap(ns, 'legacy-rates', { 'rates.csv': 'EUR,1.0\nUSD,1.09\n' })) },
    { target: pdb(ns, 'api') },
    same(secret(ns, 'api-credentials')),
    same(serviceAccount(ns, 'api')),
    same(serviceAccount(ns, 'worker')),
    same(cronJob(ns, 'settlement', false)),
    { target: job(ns, 'migrate-db', v2, hook('PreSync')), hook: true },
    { target: job(ns, 'smoke-test', v2, hook('PostSync')), hook: true },
  ];
  return build({
    name: 'payments-prod',
    project: 'payments',
    cluster: 'prod-eu-1',
    namespace: ns,
    health: 'Healthy',
    sync: 'OutOfSync',
    auto: 'off',
    pairs,
    history: 9,
    children: [
      ...workload(apiLive, v1, 3, 0, 0, 3),
      ...workload(workerLive, 'registry.example.com/payments/worker:1.8.2', 6),
      ...workload(db.live, 'registry.example.com/db/postgres:17.2', 3),
    ],
    labels: { tier: 'critical' },
    events: [
      event(
        'Deployment',
        'worker',
        'Normal',
        'ScalingReplicaSet',
        'Scaled up replica set worker-6c9f7d5b8 from 2 to 6',
        31,
      ),
      event('Pod', 'ledger-db-0', 'Warning', 'Unhealthy', 'Readiness probe failed: connection refused', 190, 3),
    ],
  });
}

function checkout(): MockApplication {
  const ns = 'checkout';
  const image = 'registry.example.com/shop/checkout:4.2.0';
  const base = standard(ns, 'checkout', image, 4);
  const main = base.pairs[0];
  if (!main?.live || !main.target) throw new Error('the standard application starts with a Deployment');
  main.health = 'Progressing';
  main.healthMessage = 'Waiting for rollout to finish: 2 of 4 updated replicas are available…';
  const cart = same(deployment(ns, 'cart', 'registry.example.com/shop/cart:4.2.0', 2, wave(2)));
  const redis = same(statefulSet(ns, 'redis', 'registry.example.com/db/valkey:8.1', 1));
  const migrate = same(job(ns, 'seed-catalog', image, hook('PreSync')), { hook: true });
  const result = (group: string, kind: string, name: string, message: string, rest: Record<string, unknown> = {}) => ({
    group,
    version: 'v1',
    kind,
    namespace: ns,
    name,
    status: 'Synced' as const,
    message,
    syncPhase: 'Sync',
    ...rest,
  });
  return build({
    name: 'checkout-staging',
    project: 'shop',
    cluster: 'staging-1',
    namespace: ns,
    health: 'Progressing',
    sync: 'OutOfSync',
    auto: 'on',
    pairs: [...base.pairs, cart, redis, migrate],
    children: [
      ...workload(main.live, image, 4, 0, 2),
      ...workload(redis.live, 'registry.example.com/db/valkey:8.1', 1),
      ...workload(cart.live, 'registry.example.com/shop/cart:4.1.0', 2),
    ],
    operation: {
      phase: 'Running',
      minutes: 1,
      message: 'waiting for healthy state of apps/Deployment/checkout',
      by: 'ada',
      finishedAt: undefined as never,
      syncResult: {
        revision: sha('checkout-staging-head', 'Release 4.2.0', 3),
        resources: [
          result('batch', 'Job', 'seed-catalog', 'Job completed', {
            hookType: 'PreSync',
            hookPhase: 'Succeeded',
            syncPhase: 'PreSync',
          }),
          result('', 'ConfigMap', 'checkout-config', 'configmap/checkout-config unchanged', { hookPhase: 'Succeeded' }),
          result('', 'Secret', 'checkout-credentials', 'secret/checkout-credentials unchanged', {
            hookPhase: 'Succeeded',
          }),
          result('', 'ServiceAccount', 'checkout', 'serviceaccount/checkout unchanged', { hookPhase: 'Succeeded' }),
          result('', 'Service', 'checkout', 'service/checkout unchanged', { hookPhase: 'Succeeded' }),
          result('apps', 'StatefulSet', 'redis', 'statefulset.apps/redis unchanged', { hookPhase: 'Succeeded' }),
          result('apps', 'Deployment', 'checkout', 'deployment.apps/checkout configured', { hookPhase: 'Running' }),
          result('networking.k8s.io', 'Ingress', 'checkout', 'ingress/checkout unchanged', { hookPhase: 'Succeeded' }),
        ],
      },
    },
  });
}

function catalog(): MockApplication {
  const ns = 'catalog';
  const image = 'registry.example.com/shop/catalog:7.0.1-rc3';
  const base = standard(ns, 'catalog', image, 3);
  const main = base.pairs[0];
  if (!main?.live) throw new Error('the standard application starts with a Deployment');
  main.health = 'Degraded';
  main.healthMessage = 'Deployment "catalog" exceeded its progress deadline';
  const indexer = same(deployment(ns, 'indexer', 'registry.example.com/shop/indexer:3.3', 1));
  return build({
    name: 'catalog-prod',
    project: 'shop',
    cluster: 'prod-eu-1',
    namespace: ns,
    health: 'Degraded',
    sync: 'Synced',
    auto: 'on',
    pairs: [...base.pairs, indexer],
    children: [
      ...workload(main.live, image, 3, 2),
      ...workload(indexer.live, 'registry.example.com/shop/indexer:3.3', 1),
    ],
    events: [
      event(
        'Pod',
        'catalog-6c9f7d5b8-x2f9q',
        'Warning',
        'Failed',
        `Failed to pull image "${image}": manifest unknown`,
        2,
        14,
      ),
      event('Pod', 'catalog-6c9f7d5b8-x2f9q', 'Warning', 'BackOff', 'Back-off pulling image', 1, 42),
      event(
        'Deployment',
        'catalog',
        'Warning',
        'ProgressDeadlineExceeded',
        'ReplicaSet "catalog-6c9f7d5b8" has timed out progressing.',
        12,
      ),
      event(
        'Pod',
        'catalog-6c9f7d5b8-x2f9q',
        'Normal',
        'Scheduled',
        'Successfully assigned catalog/catalog-6c9f7d5b8-x2f9q to node-1',
        24,
      ),
      event('Deployment', 'catalog', 'Normal', 'ScalingReplicaSet', 'Scaled up replica set catalog-6c9f7d5b8 to 3', 24),
    ],
  });
}

function observability(): MockApplication {
  const ns = 'observability';
  const pairs: MockApplication['pairs'] = [];
  const children: ResourceNode[] = [];
  for (const name of [
    'alertmanager',
    'blackbox-exporter',
    'grafana',
    'kube-state-metrics',
    'loki-gateway',
    'loki-read',
    'loki-write',
    'mimir-distributor',
    'mimir-ingester',
    'mimir-querier',
    'node-problem-detector',
    'otel-collector',
    'prometheus-operator',
    'pyroscope',
    'tempo-distributor',
    'tempo-querier',
    'thanos-query',
    'vector-agent',
  ]) {
    const each = standard(ns, name, `registry.example.com/obs/${name}:2.4.1`, 1 + (name.length % 5));
    pairs.push(...each.pairs);
    children.push(...each.children);
  }
  return build({
    name: 'observability',
    project: 'platform',
    cluster: 'prod-eu-1',
    namespace: ns,
    repo: 'https://charts.example.com',
    chart: 'observability-stack',
    targetRevision: '14.x',
    health: 'Healthy',
    sync: 'Synced',
    auto: 'on',
    pairs,
    children,
    history: 10,
  });
}

export function createApplications(): MockApplication[] {
  const held = standard('ledger', 'ledger', 'registry.example.com/payments/ledger:2.3.0', 3);
  const suspended = {
    pairs: [
      same(cronJob('reports', 'nightly', true), { health: 'Suspended' as const }),
      same(configMap('reports', 'queries', { 'revenue.sql': 'select 1' })),
      same(serviceAccount('reports', 'nightly')),
    ],
  };
  const failed = standard('notify', 'notifications', 'registry.example.com/shop/notifications:1.4.0');
  const broken = standard('identity', 'identity', 'registry.example.com/core/identity:9.1');
  const fresh = ['search', 'search-indexer'].flatMap((name): MockApplication['pairs'] => [
    { target: deployment('search', name, `registry.example.com/shop/${name}:0.1.0`) },
    { target: service('search', name) },
    { target: serviceAccount('search', name) },
  ]);
  const applications = [
    payments(),
    checkout(),
    catalog(),
    observability(),
    build({
      name: 'guestbook',
      project: 'default',
      cluster: 'in-cluster',
      namespace: 'guestbook',
      repo: 'https://git.example.com/examples/guestbook.git',
      path: 'guestbook',
      targetRevision: 'HEAD',
      health: 'Healthy',
      sync: 'Synced',
      auto: 'on',
      ...standard('guestbook', 'guestbook-ui', 'registry.example.com/demo/guestbook:v5', 1),
    }),
    build({
      name: 'search-prod',
      project: 'shop',
      cluster: 'prod-us-1',
      namespace: 'search',
      health: 'Missing',
      sync: 'OutOfSync',
      auto: 'off',
      pairs: fresh,
      history: 0,
      message: 'Add the search service',
    }),
    build({
      name: 'ledger-prod',
      project: 'payments',
      cluster: 'prod-eu-1',
      namespace: 'ledger',
      health: 'Healthy',
      sync: 'OutOfSync',
      auto: 'on',
      ...held,
      pairs: [
        { ...held.pairs[0], target: deployment('ledger', 'ledger', 'registry.example.com/payments/ledger:2.4.0', 3) },
        ...held.pairs.slice(1),
      ],
      history: 8,
      hold: { historyId: 8, revision: '', reason: 'Tax bug, INC-881', resume: 'next-commit', by: 'ada', at: ago(112) },
      operation: { minutes: 112, by: 'ada', message: 'successfully rolled back to 8' },
    }),
    build({
      name: 'reports',
      project: 'finance',
      cluster: 'staging-1',
      namespace: 'reports',
      health: 'Suspended',
      sync: 'Synced',
      auto: 'on',
      ...suspended,
    }),
    build({
      name: 'notifications-prod',
      project: 'shop',
      cluster: 'prod-us-1',
      namespace: 'notify',
      health: 'Healthy',
      sync: 'OutOfSync',
      auto: 'on',
      ...failed,
      pairs: [
        ...failed.pairs,
        {
          target: statefulSet('notify', 'queue', 'registry.example.com/db/nats:2.12', 3),
          live: asLive(statefulSet('notify', 'queue', 'registry.example.com/db/nats:2.11', 1)),
        },
      ],
      operation: {
        phase: 'Failed',
        minutes: 22,
        message:
          "one or more objects failed to apply, reason: StatefulSet.apps \"queue\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'template', 'updateStrategy' are forbidden",
        retryCount: 5,
        syncResult: {
          revision: sha('notifications-prod-head', 'Split the queue', 24),
          resources: [
            {
              group: 'apps',
              version: 'v1',
              kind: 'StatefulSet',
              namespace: 'notify',
              name: 'queue',
              status: 'SyncFailed',
              message:
                "StatefulSet.apps \"queue\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'template', 'updateStrategy' are forbidden",
              syncPhase: 'Sync',
              hookPhase: 'Failed',
            },
            {
              group: '',
              version: 'v1',
              kind: 'Service',
              namespace: 'notify',
              name: 'notifications',
              status: 'Synced',
              message: 'service/notifications unchanged',
              syncPhase: 'Sync',
              hookPhase: 'Succeeded',
            },
            {
              group: 'apps',
              version: 'v1',
              kind: 'Deployment',
              namespace: 'notify',
              name: 'notifications',
              status: 'Synced',
              message: 'deployment.apps/notifications configured',
              syncPhase: 'Sync',
              hookPhase: 'Succeeded',
            },
          ],
        },
      },
      conditions: [
        {
          type: 'SyncError',
          message: 'Failed sync attempt to 4a1c9f2: one or more objects failed to apply (retried 5 times).',
          lastTransitionTime: ago(21),
        },
      ],
    }),
    build({
      name: 'identity',
      project: 'platform',
      cluster: 'prod-eu-1',
      namespace: 'identity',
      repo: 'https://git.example.com/core/identity.git',
      health: 'Unknown',
      sync: 'Unknown',
      auto: 'on',
      ...broken,
      conditions: [
        {
          type: 'ComparisonError',
          message:
            'Failed to load target state: authentication required: the token of https://git.example.com/core/identity.git expired',
          lastTransitionTime: ago(320),
        },
        {
          type: 'OrphanedResourceWarning',
          message: 'Application has 2 orphaned resources',
          lastTransitionTime: ago(700),
        },
      ],
    }),
    build({
      name: 'vault',
      project: 'platform',
      cluster: 'prod-eu-1',
      namespace: 'vault',
      health: 'Healthy',
      sync: 'Synced',
      auto: 'on',
      can: { sync: false, rollback: false, delete: false, update: false, override: false, logs: false },
      ...standard('vault', 'vault', 'registry.example.com/core/vault:1.20', 3),
    }),
  ];
  const teams = ['shop', 'payments', 'platform', 'finance', 'data'];
  const clusters = ['prod-eu-1', 'prod-us-1', 'staging-1'] as const;
  const names = [
    'accounts',
    'billing',
    'carrier',
    'crm',
    'delivery',
    'feature-flags',
    'fraud',
    'gateway',
    'inventory',
    'loyalty',
    'mailer',
    'media',
    'orders',
    'pricing',
    'profile',
    'promo',
    'ratings',
    'recommend',
    'returns',
    'scheduler',
    'session',
    'shipping',
    'support',
    'tracking',
    'warehouse',
    'webhooks',
  ];
  names.forEach((name, index) => {
    clusters.forEach((cluster, at) => {
      const odd = (index * 3 + at) % 17;
      const full = `${name}-${cluster.split('-').slice(0, 2).join('-')}`;
      const base = standard(
        name,
        name,
        `registry.example.com/${teams[index % 5]}/${name}:${1 + (index % 4)}.${at}.${index % 7}`,
        1 + (index % 3),
      );
      const first = base.pairs[0];
      if (odd === 5 && first?.target)
        base.pairs[0] = {
          ...first,
          target: deployment(name, name, `registry.example.com/${teams[index % 5]}/${name}:9.0.0`, 2),
        };
      applications.push(
        build({
          name: full,
          project: teams[index % 5] ?? 'default',
          cluster,
          namespace: name,
          health: odd === 3 && index % 2 ? 'Progressing' : 'Healthy',
          sync: odd === 5 ? 'OutOfSync' : 'Synced',
          auto: odd === 5 || odd === 7 ? 'off' : 'on',
          ...base,
          history: 3 + (index % 4),
        }),
      );
    });
  });
  return applications;
}

export function treeOf({ app, pairs, children }: MockApplication): ApplicationTree {
  const nodes: ResourceNode[] = pairs.flatMap((pair) => {
    const live = pair.live;
    if (!live) return [];
    const status = app.status?.resources?.find((each) => each.kind === live.kind && each.name === live.metadata.name);
    const revision = live.kind === 'Deployment' ? [{ name: 'Revision', value: 'Rev:4' }] : [];
    return [
      {
        group: groupOf(live.apiVersion),
        version: live.apiVersion.split('/').at(-1) ?? 'v1',
        kind: live.kind,
        namespace: live.metadata.namespace ?? '',
        name: live.metadata.name,
        uid: live.metadata.uid ?? '',
        createdAt: live.metadata.creationTimestamp ?? '',
        info: revision,
        images: images(live),
        ...(status?.health?.status && { health: { ...status.health, status: status.health.status } }),
        ...(live.kind === 'Ingress' && {
          networkingInfo: { externalURLs: [`https://${live.metadata.name}.example.com`] },
        }),
      },
    ];
  });
  const endpoints: ResourceNode[] = nodes
    .filter((node) => node.kind === 'Service')
    .map((node) => ({
      group: 'discovery.k8s.io',
      version: 'v1',
      kind: 'EndpointSlice',
      namespace: node.namespace ?? '',
      name: `${node.name}-x7k2p`,
      uid: `eps-${node.uid}`,
      createdAt: node.createdAt ?? '',
      parentRefs: [{ kind: 'Service', namespace: node.namespace ?? '', name: node.name, uid: node.uid ?? '' }],
    }));
  return { nodes: [...nodes, ...children, ...endpoints], orphanedNodes: [] };
}

function connection(attemptedAt: string, failure = ''): Cluster['connectionState'] {
  return { status: failure === '' ? 'Successful' : 'Failed', message: failure, attemptedAt };
}

const plain = {
  name: '',
  project: '',
  username: '',
  insecure: false,
  enableLfs: false,
  enableOCI: false,
  proxy: '',
  credentials: '',
};

export const clusters: Cluster[] = [
  {
    server: servers['in-cluster'],
    name: 'in-cluster',
    config: { tlsClientConfig: { insecure: false } },
    serverVersion: '1.34',
    info: {
      serverVersion: '1.34',
      applicationsCount: 1,
      uid: '5d1f0c52-8a51-4c54-9b52-000000000001',
      warnings: [],
      connectionState: connection(ago(1)),
      cacheInfo: { resourcesCount: 412, apisCount: 63, lastCacheSyncTime: ago(0.2) },
    },
    connectionState: connection(ago(1)),
  },
  {
    server: servers['prod-eu-1'],
    name: 'prod-eu-1',
    labels: { env: 'prod', region: 'eu-west-1' },
    config: { tlsClientConfig: { insecure: false } },
    serverVersion: '1.33',
    info: {
      serverVersion: '1.33',
      applicationsCount: 32,
      uid: '5d1f0c52-8a51-4c54-9b52-000000000002',
      warnings: [],
      connectionState: connection(ago(1)),
      cacheInfo: { resourcesCount: 9120, apisCount: 118, lastCacheSyncTime: ago(0.1) },
    },
    connectionState: connection(ago(1)),
  },
  {
    server: servers['prod-us-1'],
    name: 'prod-us-1',
    labels: { env: 'prod', region: 'us-east-1' },
    config: { tlsClientConfig: { insecure: false } },
    serverVersion: '1.33',
    info: {
      serverVersion: '1.33',
      applicationsCount: 28,
      uid: '5d1f0c52-8a51-4c54-9b52-000000000003',
      warnings: [],
      connectionState: connection(
        ago(3),
        'Get "https://prod-us-1.example.com/version": x509: certificate has expired or is not yet valid',
      ),
      cacheInfo: { resourcesCount: 7710, apisCount: 112, lastCacheSyncTime: ago(48) },
    },
    connectionState: connection(ago(3), 'x509: certificate has expired or is not yet valid'),
  },
  {
    server: servers['staging-1'],
    name: 'staging-1',
    labels: { env: 'dev' },
    namespaces: ['checkout', 'reports'],
    project: 'shop',
    config: { tlsClientConfig: { insecure: true } },
    serverVersion: '1.34',
    info: {
      serverVersion: '1.34',
      applicationsCount: 28,
      uid: '5d1f0c52-8a51-4c54-9b52-000000000004',
      warnings: ['The certificate of the API server is not checked (tlsClientConfig.insecure)'],
      connectionState: connection(ago(1)),
      cacheInfo: { resourcesCount: 3320, apisCount: 90, lastCacheSyncTime: ago(0.3) },
    },
    connectionState: connection(ago(1)),
  },
];

export const repositories: Repository[] = [
  {
    ...plain,
    repo: 'https://git.example.com/platform/deploy.git',
    type: 'git',
    name: 'deploy',
    username: 'deploy-bot',
    connectionState: connection(ago(2)),
  },
  {
    ...plain,
    repo: 'https://git.example.com/examples/guestbook.git',
    type: 'git',
    connectionState: connection(ago(2)),
  },
  {
    ...plain,
    repo: 'https://git.example.com/core/identity.git',
    type: 'git',
    project: 'platform',
    username: 'deploy-bot',
    connectionState: connection(ago(4), 'authentication required: token expired'),
  },
  {
    ...plain,
    repo: 'https://charts.example.com',
    type: 'helm',
    name: 'observability',
    connectionState: connection(ago(9)),
  },
];

export const projects: AppProject[] = ['default', 'shop', 'payments', 'platform', 'finance', 'data'].map((name) => ({
  metadata: { name, namespace: 'argocd', creationTimestamp: ago(60 * 24 * 90) },
  spec:
    name === 'default'
      ? {
          sourceRepos: ['*'],
          destinations: [{ server: '*', namespace: '*' }],
          clusterResourceWhitelist: [{ group: '*', kind: '*' }],
        }
      : {
          description: `Everything the ${name} team runs`,
          sourceRepos: ['https://git.example.com/platform/deploy.git', 'https://charts.example.com'],
          destinations: [
            { name: 'prod-eu-1', namespace: `${name}*` },
            { name: 'staging-1', namespace: '*' },
          ],
          namespaceResourceBlacklist: [{ group: '', kind: 'ResourceQuota' }],
          roles: [
            {
              name: 'deployer',
              description: 'Syncs from CI',
              groups: [`${name}-developers`],
              policies: [
                `p, proj:${name}:deployer, applications, sync, ${name}/*, allow`,
                `p, proj:${name}:deployer, applications, get, ${name}/*, allow`,
              ],
            },
          ],
          ...(name === 'payments' && {
            syncWindows: [
              {
                kind: 'deny' as const,
                schedule: '0 17 * * 5',
                duration: '60h',
                applications: ['*-prod'],
                manualSync: true,
                timeZone: 'Europe/Berlin',
                description: 'No unattended deployments over the weekend',
              },
            ],
          }),
          orphanedResources: { warn: true },
        },
}));
