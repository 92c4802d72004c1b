import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { TerminalError } from '@lockstep/core';
import { processIdentity } from './process-identity.ts';

const ROLES = ['api', 'controller', 'renderer'] as const;
type Role = (typeof ROLES)[number];

/** Everything a process is told from outside. Flags win over `LOCKSTEP_*` variables, which win over defaults. */
export interface Config {
  roles: Role[];
  /** Where Lockstep's own objects live. */
  namespace: string;
  kubeconfig: string | undefined;
  context: string | undefined;
  redisUrl: string;
  host: string;
  port: number;
  /** /metrics, /healthz and /readyz; 0 takes a free port, undefined serves none. */
  metricsPort: number | undefined;
  metricsHost: string;
  /** Git mirrors and tools; can be lost. */
  dataDirectory: string;
  logLevel: string;
  /** How many parts the controllers divide the clusters into; the same for every controller and API. */
  shards: number;
  /** Applications of one cluster reconciled at once. */
  applicationWorkers: number;
  /** Tools run at once; 0 means one per core. */
  renderWorkers: number;
  /** Key that seals the render cache and credentials between controller and renderer. Base64url, 32 bytes. */
  renderKey: string | undefined;
  tools: {
    helm: string | undefined;
    kustomize: string | undefined;
    kubectl: string | undefined;
    git: string | undefined;
  };
  /** Git and chart servers on loopback or in private networks may use plain HTTP; file:// repositories are refused unless set. */
  allowFileRepositories: boolean;
  /** Prefix of every path of the API, such as `/argo-cd`. */
  rootPath: string;
  /** The built dashboard; the one beside the bundle unless told otherwise. */
  staticFolder: string | undefined;
  /** Proxies whose X-Forwarded-For is believed. */
  trustProxy: string[];
  /** A name for this process in Leases and logs. */
  identity: string;
}

const options = {
  roles: { type: 'string' },
  namespace: { type: 'string' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  'redis-url': { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  'metrics-port': { type: 'string' },
  'metrics-host': { type: 'string' },
  'data-dir': { type: 'string' },
  'log-level': { type: 'string' },
  shards: { type: 'string' },
  'application-workers': { type: 'string' },
  'render-workers': { type: 'string' },
  helm: { type: 'string' },
  kustomize: { type: 'string' },
  kubectl: { type: 'string' },
  git: { type: 'string' },
  'allow-file-repositories': { type: 'boolean' },
  rootpath: { type: 'string' },
  'static-folder': { type: 'string' },
  'trust-proxy': { type: 'string' },
} as const;

export const USAGE = `lockstep serve [options]      every option may also be set as LOCKSTEP_<NAME>, or REDIS_URL

  --roles LIST               api, controller, renderer (default all, one process each)
  --kubeconfig FILE          the cluster Lockstep lives in (default in-cluster, then ~/.kube/config)
  --context NAME             context of the kubeconfig
  --namespace NAME           where Lockstep's own objects live (default argocd)
  --redis-url URL            default redis://127.0.0.1:6379
  --host, --port             where the API listens (default 0.0.0.0:8080)
  --rootpath PATH            prefix of every path of the API
  --static-folder FOLDER     the built dashboard
  --trust-proxy LIST         proxies whose X-Forwarded-For is believed
  --metrics-host, --metrics-port   /metrics, /healthz and /readyz
  --data-dir FOLDER          Git mirrors, charts and tools of the renderer; may be lost
  --log-level LEVEL          trace, debug, info, warn, error, silent
  --shards N                 parts that controllers divide the clusters into (default 1; the same for every controller and API)
  --application-workers N    applications of one cluster reconciled at once (default 24)
  --render-workers N         tools run at once (default one per core)
  --git, --helm, --kustomize, --kubectl FILE   tools, when not on the PATH
  --allow-file-repositories  let sources be file:// URLs or paths

  LOCKSTEP_RENDER_KEY        secret shared by controller and renderer, when they are not started together
`;

/** Reads `serve` arguments and the environment. Throws `TerminalError` naming the option that is wrong. */
export function readConfig(args: string[], environment: NodeJS.ProcessEnv): Config {
  const { values } = parseArgs({ args, options, strict: true });
  const text = (
    name: keyof typeof options,
    variable = `LOCKSTEP_${name.replaceAll('-', '_').toUpperCase()}`,
  ): string | undefined => {
    const value = values[name] ?? environment[variable];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const number = (name: keyof typeof options, fallback: number): number => {
    const value = text(name);
    if (value === undefined) return fallback;
    if (!/^\d{1,9}$/.test(value)) throw wrong(name, `"${value}" is not a whole number`);
    return Number(value);
  };
  return {
    roles: parseRoles(text('roles') ?? ROLES.join(',')),
    namespace: text('namespace') ?? 'argocd',
    kubeconfig: text('kubeconfig'),
    context: text('context'),
    redisUrl: text('redis-url') ?? environment['REDIS_URL'] ?? 'redis://127.0.0.1:6379',
    host: text('host') ?? '0.0.0.0',
    port: number('port', 8080),
    metricsPort: text('metrics-port') === undefined ? undefined : number('metrics-port', 0),
    metricsHost: text('metrics-host') ?? '0.0.0.0',
    dataDirectory: path.resolve(text('data-dir') ?? path.join(tmpdir(), 'lockstep')),
    logLevel: text('log-level') ?? 'info',
    shards: Math.max(1, number('shards', 1)),
    applicationWorkers: Math.max(1, number('application-workers', 24)),
    renderWorkers: number('render-workers', 0),
    renderKey: environment['LOCKSTEP_RENDER_KEY'] || undefined,
    tools: { helm: text('helm'), kustomize: text('kustomize'), kubectl: text('kubectl'), git: text('git') },
    allowFileRepositories:
      values['allow-file-repositories'] ?? environment['LOCKSTEP_ALLOW_FILE_REPOSITORIES'] === 'true',
    rootPath: (text('rootpath') ?? '').replace(/\/+$/, ''),
    staticFolder: text('static-folder'),
    trustProxy: (text('trust-proxy') ?? '').split(',').filter((entry) => entry !== ''),
    identity: processIdentity(),
  };
}

function parseRoles(text: string): Role[] {
  const roles = text.split(',').map((name) => name.trim());
  for (const role of roles) {
    if (!(ROLES as readonly string[]).includes(role)) throw wrong('roles', `"${role}" is none of ${ROLES.join(', ')}`);
  }
  return [...new Set(roles)] as Role[];
}

function wrong(option: string, detail: string): TerminalError {
  return new TerminalError('InvalidOption', `--${option}: ${detail}`, { fix: 'See lockstep serve --help' });
}
