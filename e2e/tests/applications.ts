import { until, type WorkTree, World } from '@lockstep/testkit';
import { beforeAll, expect, inject } from 'vitest';
import { type ApplicationLike, application } from './fixtures.ts';

/** What the suite does with applications of the world that all its files share (see shared-world.ts). */

/** The parts of a live object that the suite reads. */
export interface LiveObject {
  metadata: {
    name: string;
    uid: string;
    generation?: number;
    resourceVersion: string;
    creationTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
    deletionTimestamp?: string;
    managedFields?: { manager: string; operation: string; subresource?: string }[];
  };
  data?: Record<string, string>;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export type Operation = NonNullable<NonNullable<ApplicationLike['status']>['operationState']>;
type Result = Record<string, string>;
type Spec = Parameters<typeof application>[1];

export const world = World.attach(inject('world'));
let repository: WorkTree;

/** Opens a repository for this file's applications; an application's files are in the folder of its name. */
export function useRepository(name: string): void {
  beforeAll(async () => {
    repository = await world.repository(name);
    return () => world.detach();
  });
}

export const repositoryURL = (): string => repository.url;
export const syncOptionsAnnotation = 'argocd.argoproj.io/sync-options';

export const read = (name: string): Promise<ApplicationLike> => world.api.get(`/api/v1/applications/${name}`);
export const live = async (path: string): Promise<LiveObject | undefined> =>
  (await (await world.cluster()).get(path)) as unknown as LiveObject | undefined;
export const exists = async (path: string): Promise<boolean> => (await live(path)) !== undefined;
export const merge = async (path: string, body: object): Promise<unknown> =>
  (await world.cluster()).request('PATCH', path, body, 'application/merge-patch+json');
export const strategicMerge = async (path: string, body: object): Promise<unknown> =>
  (await world.cluster()).request('PATCH', path, body, 'application/strategic-merge-patch+json');
export const post = async (path: string, body: object): Promise<unknown> =>
  (await world.cluster()).request('POST', path, body);
export const remove = async (path: string): Promise<unknown> => (await world.cluster()).request('DELETE', path);

export const configMapPath = (namespace: string, name: string): string =>
  `/api/v1/namespaces/${namespace}/configmaps/${name}`;
export const deploymentPath = (namespace: string, name: string): string =>
  `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
export const jobPath = (namespace: string, name: string): string =>
  `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`;
export const applicationPath = (name: string): string =>
  `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`;
export const wave = (number: number): Record<string, string> => ({ 'argocd.argoproj.io/sync-wave': String(number) });

/** Pushes `files` below the folder `name` (undefined deletes one). Returns the commit. */
export const push = (name: string, files: Record<string, string | undefined>): Promise<string> =>
  repository.push(Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text])));

/** Creates the application and waits until it was compared for the first time. */
export async function create(name: string, files: Record<string, string>, spec: Spec = {}): Promise<void> {
  const commit = await push(name, files);
  await world.api.post('/api/v1/applications', application(name, { repoURL: repository.url, ...spec }));
  await untilApplication(name, `compared with ${commit}`, (app) => app.status?.sync?.revision === commit);
}

/** Pushes and waits until the application was compared with that commit. */
export async function change(name: string, files: Record<string, string | undefined>): Promise<void> {
  const commit = await push(name, files);
  await untilApplication(name, `compared with ${commit}`, (app) => app.status?.sync?.revision === commit);
}

export const untilApplication = (
  name: string,
  what: string,
  condition: (app: ApplicationLike) => boolean | undefined,
): Promise<ApplicationLike> =>
  until(
    async () => {
      const app = await read(name);
      return condition(app) === true ? app : undefined;
    },
    { what: `${name}: ${what}`, timeoutMs: 60_000 },
  );

export const untilStatus = (name: string, sync: string, health: string): Promise<ApplicationLike> =>
  untilApplication(
    name,
    `${sync} and ${health}`,
    ({ status }) => status?.sync?.status === sync && status.health?.status === health,
  );

let operations = 0;

/** Asks for a sync; the answer finds its state, whatever else syncs the application. */
export async function startSync(
  name: string,
  request: object = {},
): Promise<(app: ApplicationLike) => Operation | undefined> {
  operations += 1;
  const value = String(operations);
  await world.api.post(`/api/v1/applications/${name}/sync`, { ...request, infos: [{ name: 'test', value }] });
  return ({ status }) =>
    status?.operationState?.operation?.info?.some((info) => info.value === value) === true
      ? status.operationState
      : undefined;
}

/** Syncs and resolves with the finished operation. */
export async function sync(name: string, request: object = {}): Promise<Operation> {
  const operationOf = await startSync(name, request);
  return until(
    async () => {
      const operation = operationOf(await read(name));
      // One that waits for its next attempt is Running and has the end of the last one.
      return operation?.finishedAt === undefined || operation.phase === 'Running' ? undefined : operation;
    },
    { what: `the sync of ${name} to finish`, timeoutMs: 60_000 },
  );
}

export async function expectSynced(name: string, request: object = {}): Promise<Operation> {
  const operation = await sync(name, request);
  expect([operation.phase, operation.message]).toEqual(['Succeeded', expect.any(String)]);
  await untilApplication(name, 'Synced', (app) => app.status?.sync?.status === 'Synced');
  return operation;
}

export const results = (operation: Operation): Result[] => operation.syncResult?.resources ?? [];
export const messageOf = (operation: Operation, name: string): string =>
  results(operation).find((result) => result['name'] === name)?.['message'] ?? '';
export const outcomes = (operation: Operation): Record<string, string | undefined> =>
  Object.fromEntries(results(operation).map(({ name = '', status, hookPhase }) => [name, hookPhase ?? status]));
export const syncStatus = async (name: string): Promise<string | undefined> => (await read(name)).status?.sync?.status;

/** Makes the controller compare once more, and waits for that. */
export async function refresh(name: string): Promise<ApplicationLike> {
  return world.api.get(`/api/v1/applications/${name}?refresh=hard`);
}

export async function createNamespace(name: string): Promise<void> {
  await post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** Confirms what `Prune=confirm` and `Delete=confirm` wait for. */
export const approve = (name: string): Promise<unknown> =>
  merge(applicationPath(name), {
    metadata: { annotations: { 'argocd.argoproj.io/deletion-approved': new Date(Date.now() + 1000).toISOString() } },
  });

/** Registers a webhook for the namespace `name` alone. Returns the path of its configuration. */
export async function registerWebhook(
  kind: 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration',
  name: string,
  clientConfig: object,
  resources: { apiGroups: string[]; resources: string[] },
): Promise<string> {
  const path = `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`;
  await post(path, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.com`,
        clientConfig,
        rules: [{ ...resources, apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  });
  return `${path}/${name}`;
}
