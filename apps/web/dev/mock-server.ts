/*
 * A stand-in for the API, for working on the dashboard alone: `npx tsx dev/mock-server.ts [--port 8080] [--dist dist] [--base /]`.
 * State is in memory and changes as a person would expect: a sync runs wave by wave and reports over the stream.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import type { ApplicationRow, StreamClientMessage, StreamTopic } from '@lockstep/contract';
import { type WebSocket, WebSocketServer } from 'ws';
import { holdOf } from '../src/features/applications/application-row.ts';
import type { Application, KubernetesObject, Plan, ResourceAction } from '../src/lib/api-types.ts';
import { matchesFilter, parseFilter } from '../src/lib/filter.ts';
import { toYaml } from '../src/lib/yaml.ts';
import {
  asLive,
  clusters,
  createApplications,
  groupOf,
  type MockApplication,
  projects,
  repositories,
  revisionOf,
  spec2,
  treeOf,
} from './mock-data.ts';

const { values: flags } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    dist: { type: 'string', default: 'dist' },
    base: { type: 'string', default: '/' },
    empty: { type: 'boolean', default: false },
  },
});
const base = flags.base;
const world = new Map<string, MockApplication>();
if (!flags.empty)
  for (const each of createApplications()) world.set(`${each.app.metadata.namespace}/${each.app.metadata.name}`, each);
const staleOnce = new Set<string>();

const filterKeys = [
  'health',
  'sync',
  'project',
  'cluster',
  'namespace',
  'autosync',
  'repo',
  'label',
  'name',
  'image',
  'phase',
  'revision',
];

function rowOf({ app }: MockApplication): ApplicationRow {
  const { metadata, spec, status } = app;
  const operation = status?.operationState;
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    project: spec.project,
    health: { status: status?.health?.status ?? 'Unknown' },
    sync: {
      status: status?.sync?.status ?? 'Unknown',
      outOfSync: (status?.resources ?? []).filter((each) => each.status === 'OutOfSync').length,
    },
    operation: operation
      ? {
          phase: operation.phase,
          message: operation.message ?? '',
          startedAt: operation.startedAt,
          finishedAt: operation.finishedAt ?? null,
        }
      : null,
    revision: status?.sync?.revision ?? '',
    destination: {
      server: spec.destination.server ?? '',
      name: spec.destination.name ?? '',
      namespace: spec.destination.namespace ?? '',
    },
    autoSync: holdOf(app) ? 'held' : spec.syncPolicy?.automated ? 'on' : 'off',
    images: status?.summary?.images ?? [],
    labels: metadata.labels ?? {},
    conditions: (status?.conditions ?? []).map(({ type, message }) => ({ type, message })),
    source: {
      repoURL: spec.source?.repoURL ?? '',
      path: spec.source?.path ?? '',
      chart: spec.source?.chart ?? '',
      targetRevision: spec.source?.targetRevision ?? '',
    },
    createdAt: metadata.creationTimestamp ?? '',
    reconciledAt: status?.reconciledAt ?? null,
  };
}

function readRow(row: ApplicationRow): (key: string | undefined) => string[] {
  return (key) => {
    switch (key) {
      case undefined:
        return [row.name, row.project, row.destination.namespace, row.source.repoURL];
      case 'health':
        return [row.health.status];
      case 'sync':
        return [row.sync.status];
      case 'project':
        return [row.project];
      case 'cluster':
        return [row.destination.name];
      case 'namespace':
        return [row.destination.namespace];
      case 'autosync':
        return [row.autoSync];
      case 'repo':
        return [row.source.repoURL];
      case 'name':
        return [row.name];
      case 'image':
        return row.images;
      case 'phase':
        return [row.operation?.phase ?? 'None'];
      case 'label':
        return Object.entries(row.labels).flatMap(([name, value]) => [name, `${name}=${value}`]);
      default:
        return [];
    }
  };
}

const severity = ['Degraded', 'Missing', 'Progressing', 'Unknown', 'Suspended', 'Healthy'];
function sortRows(rows: ApplicationRow[], sort: string): ApplicationRow[] {
  const down = sort.startsWith('-');
  const key = sort.replace(/^-/, '') || 'health';
  const value = (row: ApplicationRow): string | number =>
    key === 'health'
      ? severity.indexOf(row.health.status) * 10 + (row.sync.status === 'OutOfSync' ? 0 : 1)
      : key === 'sync'
        ? row.sync.status
        : key === 'project'
          ? row.project
          : key === 'cluster'
            ? row.destination.name
            : key === 'finishedAt'
              ? Date.parse(row.operation?.startedAt ?? '1970-01-01')
              : row.name;
  return rows.sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    const order = x < y ? -1 : x > y ? 1 : a.name < b.name ? -1 : 1;
    return down ? -order : order;
  });
}

function listApplications(query: URLSearchParams) {
  const filter = parseFilter(query.get('q') ?? '', filterKeys);
  const all = [...world.values()];
  const matching = sortRows(
    all.map(rowOf).filter((row) => matchesFilter(filter, readRow(row))),
    query.get('sort') ?? '',
  );
  const facets: Record<string, Record<string, number>> = {};
  for (const [key, facet] of Object.entries({
    health: 'health',
    sync: 'sync',
    project: 'projects',
    cluster: 'clusters',
    namespace: 'namespaces',
    autosync: 'autoSync',
    label: 'labels',
  })) {
    const others = { ...filter, terms: filter.terms.filter((term) => term.key !== key) };
    const counts: Record<string, number> = {};
    for (const each of all) {
      const row = rowOf(each);
      if (!matchesFilter(others, readRow(row))) continue;
      for (const value of readRow(row)(key)) counts[value] = (counts[value] ?? 0) + 1;
    }
    facets[facet] = counts;
  }
  const limit = Number(query.get('limit') ?? 0) || matching.length;
  const from = Number(query.get('cursor') ?? 0);
  const items = matching.slice(from, from + limit);
  return {
    metadata: {},
    items,
    total: matching.length,
    facets,
    ...(from + limit < matching.length && { cursor: String(from + limit) }),
  };
}

function managed(each: MockApplication) {
  return each.pairs.map(({ target, live, hook }) => {
    const source = (target ?? live) as KubernetesObject;
    return {
      group: groupOf(source.apiVersion),
      kind: source.kind,
      namespace: source.metadata.namespace ?? '',
      name: source.metadata.name,
      targetState: target ? JSON.stringify(target) : 'null',
      liveState: live ? JSON.stringify(live) : 'null',
      normalizedLiveState: live ? JSON.stringify(spec2(live)) : 'null',
      predictedLiveState: target ? JSON.stringify(spec2(target)) : 'null',
      hook: hook === true,
      modified: hook !== true && isDifferent(target, live),
      resourceVersion: '1',
    };
  });
}

const isDifferent = (target?: KubernetesObject, live?: KubernetesObject): boolean =>
  !target || !live || JSON.stringify(spec2(target)) !== JSON.stringify(spec2(live));

const templateOf = (value?: KubernetesObject): unknown =>
  (value?.['spec'] as { template?: unknown } | undefined)?.template;

function planOf(each: MockApplication, rollback?: number, prune = true): Plan {
  const phases = new Map<string, Map<number, Plan['phases'][number]['waves'][number]['tasks']>>();
  const summary = { create: 0, update: 0, recreate: 0, prune: 0, hook: 0, unchanged: 0 };
  for (const { target, live, hook } of each.pairs) {
    const source = (target ?? live) as KubernetesObject;
    const annotations = source.metadata.annotations ?? {};
    const phase = annotations['argocd.argoproj.io/hook'] ?? 'Sync';
    const action: keyof Plan['summary'] = hook
      ? 'hook'
      : !live
        ? 'create'
        : !target
          ? 'prune'
          : isDifferent(target, live)
            ? source.kind === 'StatefulSet'
              ? 'recreate'
              : 'update'
            : 'unchanged';
    if (action !== 'prune' || prune) summary[action] += 1;
    const waves = phases.get(phase) ?? new Map();
    phases.set(phase, waves);
    const number = Number(annotations['argocd.argoproj.io/sync-wave'] ?? 0);
    const warnings =
      action === 'recreate'
        ? ['An immutable field changes: the StatefulSet is deleted and created again']
        : action === 'update' &&
            source.kind === 'Deployment' &&
            JSON.stringify(templateOf(target)) !== JSON.stringify(templateOf(live))
          ? ['Restarts pods']
          : [];
    waves.set(number, [
      ...(waves.get(number) ?? []),
      {
        group: groupOf(source.apiVersion),
        version: source.apiVersion.split('/').at(-1) ?? 'v1',
        kind: source.kind,
        namespace: source.metadata.namespace ?? '',
        name: source.metadata.name,
        action,
        warnings,
        ...(hook && { hookType: phase }),
        ...(action === 'prune' && !prune && { skipReason: 'ignored (requires pruning)' }),
        ...(live && { before: toYaml(spec2(live)) }),
        ...(target && { after: toYaml(spec2(target)) }),
      },
    ]);
  }
  const order = ['PreSync', 'Sync', 'PostSync', 'SyncFail'];
  return {
    planId: `plan-${Date.now()}`,
    inputsHash: 'f00d',
    revision:
      rollback === undefined
        ? (each.app.status?.sync?.revision ?? '')
        : (each.app.status?.history?.find((entry) => entry.id === rollback)?.revision ?? ''),
    computedAt: new Date().toISOString(),
    summary,
    warnings: [
      ...(rollback === undefined
        ? []
        : [
            'Hooks run again: Job/migrate-db (PreSync)',
            '2 newer commits will not be live while the application is held',
          ]),
      ...(summary.prune > 0 ? [`${summary.prune} resource will be deleted from the cluster`] : []),
    ],
    problems:
      each.app.metadata.name === 'identity' ? ['The target state could not be loaded: authentication required'] : [],
    phases: order
      .filter((phase) => phases.has(phase))
      .map((phase) => ({
        phase,
        waves: [...(phases.get(phase) ?? [])]
          .sort(([a], [b]) => a - b)
          .map(([number, tasks]) => ({ wave: number, tasks })),
      })),
  };
}

async function runSync(each: MockApplication, by: string, historyId?: number): Promise<void> {
  const plan = planOf(each, historyId);
  const started = new Date().toISOString();
  const resources: NonNullable<
    NonNullable<NonNullable<Application['status']>['operationState']>['syncResult']
  >['resources'] = [];
  const set = (phase: 'Running' | 'Succeeded', message: string) => {
    each.app.status = {
      ...each.app.status,
      operationState: {
        operation: { sync: { revision: plan.revision, prune: true }, initiatedBy: { username: by } },
        phase,
        message,
        startedAt: started,
        ...(phase === 'Succeeded' && { finishedAt: new Date().toISOString() }),
        syncResult: { revision: plan.revision, resources: [...resources] },
      },
    };
    changed(each);
  };
  set('Running', 'starting');
  for (const { phase, waves } of plan.phases)
    for (const { wave, tasks } of waves) {
      await pause(700);
      for (const task of tasks) {
        resources.push({
          group: task.group,
          version: task.version,
          kind: task.kind,
          namespace: task.namespace,
          name: task.name,
          status: task.action === 'prune' ? 'Pruned' : 'Synced',
          message: `${task.kind.toLowerCase()}/${task.name} ${task.action === 'unchanged' ? 'unchanged' : task.action === 'create' ? 'created' : task.action === 'prune' ? 'pruned' : 'configured'}`,
          syncPhase: phase,
          hookPhase: 'Running',
          ...(task.hookType && { hookType: task.hookType }),
        });
      }
      set('Running', `waiting for healthy state of wave ${wave}`);
      await pause(900);
      for (const resource of resources) resource.hookPhase = 'Succeeded';
      set('Running', `wave ${wave} finished`);
    }
  each.pairs = each.pairs
    .filter((pair) => pair.target)
    .map((pair) => ({ ...pair, ...(pair.target && !pair.hook && { live: asLive(pair.target) }) }));
  const status = each.app.status ?? {};
  const next = (status.history?.at(-1)?.id ?? 0) + 1;
  each.app.status = {
    ...status,
    sync: { ...status.sync, status: 'Synced' },
    health: { status: 'Healthy' },
    resources: (status.resources ?? [])
      .filter((resource) => !resource.requiresPruning)
      .map((resource) => ({
        ...resource,
        status: 'Synced' as const,
        ...(resource.health && { health: { status: 'Healthy' as const } }),
      })),
    history: [
      ...(status.history ?? []),
      {
        id: next,
        revision: plan.revision,
        deployStartedAt: started,
        deployedAt: new Date().toISOString(),
        initiatedBy: { username: by },
      },
    ],
  };
  set('Succeeded', 'successfully synced (all tasks run)');
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

// ── stream ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const sockets = new Map<WebSocket, Map<number, { topic: StreamTopic; key: string }>>();
let revision = 1000;

function snapshot(topic: StreamTopic, key: string): unknown {
  const each = world.get(key);
  if (topic === 'applications')
    return { items: Object.fromEntries([...world].map(([name, value]) => [name, rowOf(value)])) };
  if (!each) return undefined;
  if (topic === 'application') return each.app;
  if (topic === 'resource-tree') return treeOf(each);
  return {
    items: managed(each).map(({ group, kind, namespace, name, modified, hook, targetState, liveState }) => ({
      group,
      kind,
      namespace,
      name,
      modified,
      hook,
      hasTarget: targetState !== 'null',
      hasLive: liveState !== 'null',
      resourceVersion: '1',
    })),
  };
}

function changed(each: MockApplication): void {
  revision += 1;
  const key = `${each.app.metadata.namespace}/${each.app.metadata.name}`;
  for (const [socket, subscriptions] of sockets)
    for (const [id, { topic, key: wanted }] of subscriptions) {
      if (topic !== 'applications' && wanted !== key) continue;
      const patch =
        topic === 'applications'
          ? [{ op: world.has(key) ? 'add' : 'remove', path: `/items/${key.replaceAll('/', '~1')}`, value: rowOf(each) }]
          : topic === 'application'
            ? [
                { op: 'replace', path: '/status', value: each.app.status },
                { op: 'replace', path: '/metadata', value: each.app.metadata },
              ]
            : topic === 'resource-tree'
              ? [{ op: 'replace', path: '/nodes', value: treeOf(each).nodes }]
              : [{ op: 'replace', path: '', value: snapshot(topic, key) }];
      socket.send(JSON.stringify({ id, rev: String(revision), op: 'patch', patch }));
    }
}

// ── HTTP ────────────────────────────────────────────────────────────────────────────────────────────────────────────

class HttpError extends Error {
  readonly status: number;
  readonly extra: Record<string, unknown>;
  constructor(status: number, message: string, extra: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.extra = extra;
  }
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const value: unknown = text === '' ? {} : JSON.parse(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { value };
}

const session = (request: IncomingMessage): string | undefined =>
  /argocd\.token=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];

async function answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<unknown> {
  const path = url.pathname.slice(base.length - 1);
  const method = request.method ?? 'GET';
  const query = url.searchParams;
  const user = session(request);
  if (path === '/api/v1/settings')
    return { url: 'http://localhost', oidcConfig: { name: 'Keycloak', issuer: 'https://id.example.com' } };
  if (path === '/api/version')
    return {
      Version: 'v0.1.0',
      BuildDate: '2026-01-01T00:00:00Z',
      GitCommit: 'f00dcafe',
      HelmVersion: 'v4.1.4',
      KustomizeVersion: 'v5.7.1',
      KubectlVersion: 'v1.34.5',
    };
  if (path === '/api/v1/session/userinfo')
    return user
      ? { loggedIn: true, username: user, iss: 'lockstep', groups: ['platform-admins'] }
      : { loggedIn: false };
  if (path === '/api/v1/session' && method === 'POST') {
    const { username, password } = await readBody(request);
    if (password !== 'lockstep') throw new HttpError(401, 'Invalid username or password', { code: 16 });
    response.setHeader('set-cookie', `argocd.token=${String(username)}; Path=/; HttpOnly; SameSite=Lax`);
    return { token: 'mock' };
  }
  if (path === '/api/v1/session' && method === 'DELETE') {
    response.setHeader('set-cookie', 'argocd.token=; Path=/; Max-Age=0');
    return {};
  }
  if (!user) throw new HttpError(401, 'no session information', { code: 16 });
  if (path === '/api/v1/clusters') return { items: clusters };
  if (path === '/api/v1/repositories') return { items: repositories };
  if (path === '/api/v1/projects') {
    if (user === 'guest')
      throw new HttpError(403, 'permission denied: projects, get, *', {
        code: 7,
        fix: 'Ask for role:readonly.',
        requestId: 'req-7f3a',
      });
    return { items: projects };
  }
  if (path === '/api/v1/applications' && method === 'GET') return listApplications(query);
  if (path === '/api/v1/applications' && method === 'POST') {
    const body = (await readBody(request)) as unknown as Application;
    if (!body.metadata?.name) throw new HttpError(400, 'metadata.name is required');
    const key = `${body.metadata.namespace ?? 'argocd'}/${body.metadata.name}`;
    if (world.has(key)) throw new HttpError(409, `application ${key} already exists`);
    const each: MockApplication = {
      app: {
        ...body,
        metadata: { ...body.metadata, namespace: 'argocd', creationTimestamp: new Date().toISOString() },
        status: { health: { status: 'Missing' }, sync: { status: 'OutOfSync' }, resources: [], history: [] },
        can: { update: true, delete: true, sync: true, override: true, rollback: true, logs: true, exec: true },
      },
      pairs: [],
      children: [],
      events: [],
    };
    world.set(key, each);
    changed(each);
    return each.app;
  }
  const match = /^\/api\/v1\/applications\/([^/]+)(?:\/(.*))?$/.exec(path);
  const key = `${query.get('appNamespace') ?? 'argocd'}/${match?.[1] ?? ''}`;
  const each = world.get(key);
  if (!match) throw new HttpError(404, `No such path ${path}`);
  if (match[1] === 'top-secret')
    throw new HttpError(403, 'permission denied: applications, get, secret/top-secret', {
      code: 7,
      requestId: 'req-91c2',
    });
  if (!each) throw new HttpError(404, `applications.argoproj.io "${match[1]}" not found`, { code: 5 });
  const rest = match[2] ?? '';
  const { app } = each;
  if (rest === '' && method === 'GET') {
    if (query.get('refresh')) app.status = { ...app.status, reconciledAt: new Date().toISOString() };
    return app;
  }
  if (rest === '' && method === 'DELETE') {
    world.delete(key);
    changed(each);
    return {};
  }
  if (rest === '' && method === 'PUT') {
    Object.assign(app, await readBody(request));
    changed(each);
    return app;
  }
  if (rest === 'spec' && method === 'PUT') {
    app.spec = (await readBody(request)) as unknown as Application['spec'];
    changed(each);
    return app.spec;
  }
  if (rest === 'resource-tree') return treeOf(each);
  if (rest === 'managed-resources')
    return {
      items: managed(each).filter((item) =>
        ['kind', 'name', 'namespace', 'group'].every(
          (field) => !query.get(field) || query.get(field) === item[field as 'kind'],
        ),
      ),
    };
  if (rest === 'manifests')
    return {
      manifests: each.pairs.flatMap(({ target }) => (target ? [JSON.stringify(target)] : [])),
      revision: app.status?.sync?.revision,
    };
  if (rest === 'events')
    return {
      items: query.get('resourceName')
        ? each.events.filter((item) => item.involvedObject?.name?.startsWith(query.get('resourceName') ?? ''))
        : each.events,
    };
  if (rest === 'syncwindows')
    return app.spec.project === 'payments'
      ? {
          assignedWindows: projects.find((project) => project.metadata.name === 'payments')?.spec.syncWindows,
          activeWindows: [],
          canSync: true,
        }
      : { canSync: true };
  if (rest === 'resource' && method === 'GET') {
    const found = each.pairs.find(
      ({ live }) => live?.kind === query.get('kind') && live.metadata.name === query.get('resourceName'),
    )?.live;
    const node = treeOf(each).nodes?.find(
      (item) => item.kind === query.get('kind') && item.name === query.get('resourceName'),
    );
    if (!found && !node) throw new HttpError(404, `${query.get('kind')} "${query.get('resourceName')}" not found`);
    const made = {
      apiVersion: node?.group ? `${node.group}/v1` : 'v1',
      kind: node?.kind ?? '',
      metadata: {
        name: node?.name ?? '',
        namespace: node?.namespace ?? '',
        uid: node?.uid ?? '',
        creationTimestamp: node?.createdAt ?? '',
      },
      ...(node?.kind === 'Pod' && {
        spec: {
          nodeName: 'node-1',
          initContainers: [{ name: 'init-config', image: 'registry.example.com/tools/init:1.0' }],
          containers: [
            { name: node.name.split('-')[0], image: node.images?.[0] },
            { name: 'proxy', image: 'registry.example.com/mesh/proxy:1.28' },
          ],
        },
        status: {
          phase: node.health?.status === 'Degraded' ? 'Pending' : 'Running',
          podIP: '10.4.1.17',
          conditions: [
            {
              type: 'Ready',
              status: node.health?.status === 'Healthy' ? 'True' : 'False',
              reason: node.health?.status === 'Healthy' ? '' : 'ContainersNotReady',
            },
          ],
          containerStatuses: [
            {
              name: node.name.split('-')[0],
              ready: node.health?.status === 'Healthy',
              restartCount: 2,
              image: node.images?.[0],
              state:
                node.health?.status === 'Healthy'
                  ? { running: { startedAt: node.createdAt } }
                  : { waiting: { reason: 'ImagePullBackOff', message: node.health?.message } },
              lastState: { terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: node.createdAt } },
            },
          ],
        },
      }),
    };
    return { manifest: JSON.stringify(found ?? made) };
  }
  if (rest === 'resource' && method === 'DELETE') {
    each.children = each.children.filter((child) => child.name !== query.get('resourceName'));
    changed(each);
    return {};
  }
  if (rest === 'resource/actions' && method === 'GET') {
    const action = (name: string, more: Partial<ResourceAction> = {}): ResourceAction => ({
      name,
      displayName: '',
      iconClass: '',
      disabled: false,
      params: [],
      ...more,
    });
    const replicas = [{ name: 'replicas', value: '3', default: '3' }];
    return {
      actions: ['Deployment', 'StatefulSet', 'DaemonSet'].includes(query.get('kind') ?? '')
        ? [
            action('restart'),
            action('pause'),
            action('resume', { disabled: true }),
            action('scale', { params: replicas }),
          ]
        : query.get('kind') === 'CronJob'
          ? [action('create-job', { displayName: 'Create Job' }), action('resume')]
          : [],
    };
  }
  if (rest.startsWith('resource/actions') && method === 'POST') return {};
  if (rest.startsWith('revisions/')) {
    const known = revisionOf(rest.split('/')[1] ?? '');
    return known
      ? {
          author: known.author,
          date: new Date(Date.now() - known.minutes * 60_000).toISOString(),
          message: known.message,
          tags: [],
          signatureInfo: '',
        }
      : {};
  }
  if (rest === 'plans') {
    await pause(350);
    const body = await readBody(request);
    return planOf(each, body['historyId'] as number | undefined, body['prune'] !== false);
  }
  if (rest === 'sync') {
    const body = await readBody(request);
    if (body['planId'] && app.metadata.name === 'ledger-prod' && !staleOnce.has(key)) {
      staleOnce.add(key);
      throw new HttpError(409, 'The plan is stale: Deployment/ledger changed in the cluster since it was computed', {
        code: 10,
        reason: 'PLAN_STALE',
      });
    }
    void runSync(each, user);
    return app;
  }
  if (rest === 'rollback') {
    const body = await readBody(request);
    const hold = {
      historyId: body['id'],
      revision: '',
      reason: String(body['reason'] ?? ''),
      resume: String(body['resume'] ?? 'manual'),
      by: user,
      at: new Date().toISOString(),
    };
    if (app.spec.syncPolicy?.automated)
      app.metadata.annotations = { ...app.metadata.annotations, 'lockstep.dev/hold': JSON.stringify(hold) };
    void runSync(each, user, body['id'] as number);
    return app;
  }
  if (rest === 'hold') {
    app.metadata.annotations = { ...app.metadata.annotations };
    delete app.metadata.annotations['lockstep.dev/hold'];
    changed(each);
    return app;
  }
  if (rest === 'operation' && method === 'DELETE') {
    if (app.status?.operationState)
      app.status.operationState = {
        ...app.status.operationState,
        phase: 'Failed',
        message: 'Operation terminated',
        finishedAt: new Date().toISOString(),
      };
    changed(each);
    return {};
  }
  const diff = /^history\/(\d+)\/diff$/.exec(rest);
  if (diff) {
    const entry = app.status?.history?.find((item) => item.id === Number(diff[1]));
    return {
      from: { id: entry?.id, revision: entry?.revision },
      to: { id: query.get('to'), revision: app.status?.sync?.revision },
      resources: each.pairs
        .filter((pair) => !pair.hook)
        .map(({ target, live }, index) => {
          const source = (target ?? live) as KubernetesObject;
          const after = toYaml(spec2(source));
          const before = index === 0 ? after.replace(/:\d+\.\d+(\.\d+)?/, ':1.7.4').replace('512Mi', '256Mi') : after;
          return {
            group: groupOf(source.apiVersion),
            kind: source.kind,
            namespace: source.metadata.namespace,
            name: source.metadata.name,
            change: before === after ? 'unchanged' : 'changed',
            before,
            after,
          };
        }),
    };
  }
  if (rest === 'logs' || rest.endsWith('/logs')) {
    response.writeHead(200, { 'content-type': 'application/json' });
    const tail = Number(query.get('tailLines') ?? 200);
    const podNames = query.get('podName')
      ? [query.get('podName')]
      : (treeOf(each).nodes ?? [])
          .filter((node) => node.kind === 'Pod')
          .slice(0, 3)
          .map((node) => node.name);
    const line = (at: number, index: number) => {
      const lines = [
        'level=info msg="request" method=GET path=/v1/orders status=200 duration=12ms',
        'level=info msg="request" method=POST path=/v1/payments status=201 duration=48ms',
        '\u001b[33mWARN\u001b[0m slow query took 812ms: select * from ledger where account = $1',
        '{"level":"info","msg":"published","topic":"payments.settled","partition":3,"offset":88123}',
        'level=error msg="upstream timed out" upstream=tax-service attempt=2',
        '\u001b[32mINFO\u001b[0m cache refreshed in 4ms',
      ];
      return `${JSON.stringify({ result: { content: lines[index % lines.length], timeStamp: new Date(at).toISOString(), podName: podNames[index % podNames.length], last: false } })}\n`;
    };
    for (let index = 0; index < tail; index++) response.write(line(Date.now() - (tail - index) * 900, index));
    if (query.get('follow') === 'true') {
      let index = tail;
      const timer = setInterval(() => response.write(line(Date.now(), index++)), 600);
      request.on('close', () => clearInterval(timer));
    } else response.end(`${JSON.stringify({ result: { content: '', last: true } })}\n`);
    return response;
  }
  throw new HttpError(404, `No such path ${path}`);
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.map': 'application/json',
};

function sendFile(path: string, response: ServerResponse): void {
  const inside = normalize(path.slice(base.length - 1)).replace(/^(\.\.[/\\])+/, '');
  const file = join(flags.dist, inside);
  const found = extname(inside) !== '' && existsSync(file) ? file : join(flags.dist, 'index.html');
  response.setHeader(
    'content-security-policy',
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
  );
  response.setHeader('content-type', types[extname(found)] ?? 'application/octet-stream');
  const body = readFileSync(found);
  response.end(
    found.endsWith('index.html') ? body.toString().replace('<base href="/" />', `<base href="${base}" />`) : body,
  );
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname.startsWith(`${base}auth/login`)) {
    response.writeHead(302, {
      'set-cookie': 'argocd.token=ada; Path=/',
      location: url.searchParams.get('return_url') ?? base,
    });
    response.end();
    return;
  }
  if (!url.pathname.startsWith(`${base}api/`)) {
    sendFile(url.pathname, response);
    return;
  }
  answer(request, response, url)
    .then((body) => {
      if (body === response) return;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    })
    .catch((error: unknown) => {
      const status = error instanceof HttpError ? error.status : 500;
      const message = error instanceof Error ? error.message : String(error);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ error: message, message, code: 2, ...(error instanceof HttpError ? error.extra : {}) }),
      );
    });
});

new WebSocketServer({ server, path: `${base}api/v1/stream` }).on('connection', (socket, request) => {
  if (!session(request)) {
    socket.close(4401, 'sign in');
    return;
  }
  const subscriptions = new Map<number, { topic: StreamTopic; key: string }>();
  sockets.set(socket, subscriptions);
  const heartbeat = setInterval(() => socket.send(JSON.stringify({ op: 'hb', t: Date.now() })), 20_000);
  socket.on('close', () => {
    clearInterval(heartbeat);
    sockets.delete(socket);
  });
  socket.on('message', (raw) => {
    const message = JSON.parse(String(raw)) as StreamClientMessage;
    if (message.op === 'unsub') subscriptions.delete(message.id);
    if (message.op !== 'sub') return;
    const data = snapshot(message.topic, message.key ?? '');
    if (data === undefined) {
      socket.send(JSON.stringify({ op: 'error', id: message.id, code: 404, message: 'no such application' }));
      return;
    }
    subscriptions.set(message.id, { topic: message.topic, key: message.key ?? '' });
    socket.send(JSON.stringify({ op: 'ok', id: message.id, rev: String(revision), mode: 'snapshot' }));
    socket.send(JSON.stringify({ op: 'snapshot', id: message.id, rev: String(revision), data }));
  });
});

// Something always moves: now and then an application is compared again, and one changes its health.
setInterval(() => {
  const all = [...world.values()];
  const each = all[Math.floor(Math.random() * all.length)];
  if (!each || each.app.metadata.name.includes('prod')) return;
  each.app.status = { ...each.app.status, reconciledAt: new Date().toISOString() };
  changed(each);
}, 3_000);

server.listen(Number(flags.port), '127.0.0.1', () => console.log(`mock API on http://127.0.0.1:${flags.port}${base}`));
