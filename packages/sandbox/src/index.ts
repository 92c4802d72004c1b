import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WebhookAdmission } from './admission/webhook-admission.ts';
import { servingCertificate } from './authentication/certificates.ts';
import { kubeconfigYaml } from './authentication/kubeconfig.ts';
import { type SandboxUser, TokenAuthenticator } from './authentication/tokens.ts';
import { RbacAuthorizer } from './authorization/rbac-authorizer.ts';
import { bootstrapCluster } from './bootstrap/bootstrap-cluster.ts';
import { startControllers } from './controllers/start-controllers.ts';
import { DefinitionController } from './crd/definition-controller.ts';
import { OpenApiDocuments } from './discovery/openapi-documents.ts';
import { GarbageCollector } from './garbage-collection/garbage-collector.ts';
import type { ApiServices } from './handlers/api-services.ts';
import { ListPages } from './handlers/list-pages.ts';
import { RequestMetrics } from './metrics.ts';
import { NamespaceController } from './namespaces/namespace-controller.ts';
import { ensureOpenApi } from './openapi/index.ts';
import { ResourceRegistry } from './resources/resource-registry.ts';
import { ApiServer } from './server.ts';
import { InProcessClient } from './storage/in-process-client.ts';
import type { InternalClient } from './storage/internal-client.ts';
import { Journal } from './storage/journal.ts';
import { ObjectStore } from './storage/object-store.ts';
import { ObjectDeleter } from './writes/object-deleter.ts';
import { ObjectWriter } from './writes/object-writer.ts';

export type { SandboxUser } from './authentication/tokens.ts';
export type { Change, GroupResource, InternalClient, StoredObject } from './storage/internal-client.ts';

export interface SandboxOptions {
  /** Names the cluster in its kubeconfig. */
  name: string;
  /** 0 or absent: any free port. */
  port?: number;
  /** The interface to listen on; loopback when absent, since the tokens give full access. */
  host?: string;
  /** The name clients reach it by, in the kubeconfig and the certificate; 127.0.0.1 when absent. */
  advertise?: string;
  /** Keeps everything in this folder over restarts; in memory only when absent. */
  dataDir?: string;
  /** Runs the workload controllers, a scheduler and a kubelet stand-in, so that Deployments bring up Pods. */
  controllers: boolean;
  /** How long a Pod takes from being scheduled to being ready. */
  podStartupMs?: number;
  /** Besides `admin` (system:masters) and `viewer` (ClusterRole view). One of the same name replaces it. */
  users?: SandboxUser[];
  /** Also written to this file, for `admin`. */
  kubeconfigPath?: string;
  /** How often a watch that allows bookmarks gets one; a minute. */
  bookmarkIntervalMs?: number;
}

export interface SandboxStats {
  requests: number;
  /** Requests by `VERB resource`, such as `APPLY deployments`. */
  byVerbAndResource: Record<string, number>;
  objects: number;
  resourceVersion: number;
  watches: number;
  history: { events: number; bytes: number };
}

export interface Sandbox {
  /** `https://127.0.0.1:<port>`. */
  url: string;
  /** The certificate authority, PEM. */
  ca: string;
  kubeconfigPath: string | undefined;
  /** Access without HTTP, past authorization and webhooks. */
  client: InternalClient;
  /** A kubeconfig for one of the users, YAML. */
  kubeconfig(user?: string): string;
  /** The bearer token of one of the users. */
  token(user: string): string;
  stats(): SandboxStats;
  close(): Promise<void>;
}

const gitVersion = 'v1.34.3';
const defaultUsers: SandboxUser[] = [
  { name: 'admin', groups: ['system:masters'] },
  { name: 'viewer', groups: ['viewers'] },
];

/** Starts an embedded Kubernetes API on the loopback interface. Resolves once it answers. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  ensureOpenApi();
  const certificate = await servingCertificate(options.dataDir, options.advertise);
  const users = mergeUsers(options.users ?? []);
  const journal = options.dataDir === undefined ? undefined : new Journal(join(options.dataDir, 'objects'));
  const store = new ObjectStore({
    ...(journal === undefined ? {} : { journal }),
    onListenerError: (error) => console.error('sandbox: a listener failed', error),
  });
  const registry = new ResourceRegistry();
  const writer = new ObjectWriter({ store, registry });
  const deleter = new ObjectDeleter(store, { hasKubelet: options.controllers });
  const client = new InProcessClient({ store, registry, writer, deleter });
  const parts = { store, registry, client, deleter };
  const definitions = new DefinitionController(parts);
  bootstrapCluster(client, users);
  const collector = new GarbageCollector(parts);
  const namespaces = new NamespaceController({ ...parts, ca: certificate.ca });
  const tokens = new TokenAuthenticator(users, store, options.dataDir);
  const controllers = options.controllers
    ? startControllers(client, {
        podStartupMs: options.podStartupMs ?? 1000,
        log: (message, error) => console.error(message, error),
      })
    : undefined;
  let url = '';
  const services: ApiServices = {
    store,
    registry,
    writer,
    deleter,
    tokens,
    authorizer: new RbacAuthorizer(store),
    webhooks: new WebhookAdmission(store),
    openApi: new OpenApiDocuments(registry),
    metrics: new RequestMetrics(),
    pages: new ListPages(),
    podLogs: controllers?.podLogs,
    watches: new Set(),
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
    gitVersion,
    url: () => url,
  };
  const server = new ApiServer(services, certificate);
  const port = await server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  url = `https://${options.advertise ?? '127.0.0.1'}:${port}`;
  const kubeconfig = (user = 'admin'): string =>
    kubeconfigYaml({ name: options.name, url, ca: certificate.ca, user, token: tokens.tokenOf(user) });
  if (options.kubeconfigPath !== undefined) {
    mkdirSync(dirname(options.kubeconfigPath), { recursive: true });
    writeFileSync(options.kubeconfigPath, kubeconfig(), { mode: 0o600 });
  }
  return {
    url,
    ca: certificate.ca,
    kubeconfigPath: options.kubeconfigPath,
    client,
    kubeconfig,
    token: (user) => tokens.tokenOf(user),
    stats: () => ({
      requests: services.metrics.requests,
      byVerbAndResource: services.metrics.byVerbAndResource(),
      objects: store.objectCount,
      resourceVersion: store.revision,
      watches: services.watches.size,
      history: store.history.size,
    }),
    close: async () => {
      await server.close();
      controllers?.close();
      namespaces.close();
      collector.close();
      definitions.close();
      store.close();
    },
  };
}

function mergeUsers(given: SandboxUser[]): SandboxUser[] {
  const replaced = new Set(given.map((user) => user.name));
  return [...defaultUsers.filter((user) => !replaced.has(user.name)), ...given];
}
