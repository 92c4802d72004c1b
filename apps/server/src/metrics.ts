import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestObserver } from './kubernetes/cluster-connection.ts';

/** One registry per process; the names are Argo CD's where it has one, so that dashboards keep working. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

export type RendererMetrics = ReturnType<typeof rendererMetrics>;

export function rendererMetrics(registry: Registry) {
  const registers = [registry];
  return {
    gitRequests: new Counter({
      name: 'argocd_git_request_total',
      help: 'Calls to Git servers.',
      labelNames: ['repo', 'request_type'],
      registers,
    }),
    renders: new Counter({
      name: 'lockstep_render_total',
      help: 'Renders by source type and result (rendered, cached, failed).',
      labelNames: ['type', 'result'],
      registers,
    }),
    renderSeconds: new Histogram({
      name: 'lockstep_render_seconds',
      help: 'Time of a render, cached or not.',
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    }),
  };
}

export type ControllerMetrics = ReturnType<typeof controllerMetrics>;

export function controllerMetrics(registry: Registry) {
  const registers = [registry];
  return {
    applicationInfo: new Gauge({
      name: 'argocd_app_info',
      help: 'Information about an application. Always 1.',
      labelNames: [
        'namespace',
        'name',
        'project',
        'repo',
        'dest_server',
        'dest_namespace',
        'sync_status',
        'health_status',
        'operation',
        'autosync_enabled',
      ],
      registers,
    }),
    syncs: new Counter({
      name: 'argocd_app_sync_total',
      help: 'Finished syncs.',
      labelNames: ['namespace', 'name', 'project', 'dest_server', 'phase'],
      registers,
    }),
    reconciles: new Histogram({
      name: 'argocd_app_reconcile',
      help: 'Seconds of a reconciliation.',
      labelNames: ['namespace', 'dest_server'],
      buckets: [0.002, 0.01, 0.05, 0.25, 1, 4, 16],
      registers,
    }),
    events: new Counter({
      name: 'argocd_cluster_events_total',
      help: 'Watch events of a cluster.',
      labelNames: ['server'],
      registers,
    }),
    cachedObjects: new Gauge({
      name: 'argocd_cluster_api_resource_objects',
      help: 'Objects in the live cache.',
      labelNames: ['server'],
      registers,
    }),
    connection: new Gauge({
      name: 'argocd_cluster_connection_status',
      help: '1 when the cluster can be reached.',
      labelNames: ['server'],
      registers,
    }),
    queueDepth: new Gauge({ name: 'workqueue_depth', help: 'Jobs waiting.', labelNames: ['name'], registers }),
  };
}

/** Counts requests to API servers; give the result of calling it with a server to its connection. */
export function requestMetrics(registry: Registry): (server: string) => RequestObserver {
  const counter = new Counter({
    name: 'argocd_app_k8s_request_total',
    help: 'Requests to Kubernetes API servers.',
    labelNames: ['server', 'verb', 'response_code', 'dry_run'],
    registers: [registry],
  });
  return (server) =>
    ({ method, query, status }) =>
      counter.inc({
        server,
        verb: query?.['watch'] === true ? 'WATCH' : method,
        response_code: String(status),
        dry_run: String(query?.['dryRun'] === 'All'),
      });
}

export interface HealthChecks {
  /** Alive: false makes the platform restart the process. */
  isHealthy(): boolean;
  /** Ready: false takes it out of service for now. */
  isReady(): boolean | Promise<boolean>;
}

/** Serves /metrics, /healthz and /readyz. */
export async function serveMetrics(
  registry: Registry,
  checks: HealthChecks,
  address: { host: string; port: number },
): Promise<AsyncDisposable & { port: number }> {
  const server: Server = createServer((request, response) => {
    const answer = async (): Promise<{ status: number; type: string; body: string }> => {
      switch (request.url?.split('?')[0]) {
        case '/metrics':
          return { status: 200, type: registry.contentType, body: await registry.metrics() };
        case '/healthz':
          return checks.isHealthy()
            ? { status: 200, type: 'text/plain', body: 'ok' }
            : { status: 500, type: 'text/plain', body: 'not healthy' };
        case '/readyz':
          return (await checks.isReady())
            ? { status: 200, type: 'text/plain', body: 'ok' }
            : { status: 503, type: 'text/plain', body: 'not ready' };
        default:
          return { status: 404, type: 'text/plain', body: 'not found' };
      }
    };
    answer().then(
      ({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type });
        response.end(body);
      },
      () => {
        response.writeHead(500);
        response.end();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
