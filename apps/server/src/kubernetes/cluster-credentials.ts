import type { KubeConfig } from '@kubernetes/client-node';

/** TLS as `tls.connect` takes it. */
export interface TlsOptions {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  rejectUnauthorized?: boolean;
  servername?: string;
}

export interface ResolvedCredentials {
  headers: Record<string, string>;
  tls: TlsOptions;
}

/** Long enough that a token costs nothing per request, short enough that a rotated file is picked up before it expires. */
const DYNAMIC_LIFETIME_MS = 60_000;

/**
 * What a kubeconfig says about authenticating, resolved once and shared: the client library runs exec plugins once per
 * parallel call and re-reads everything on each request. Static credentials are kept, those of plugins and token files
 * for a minute, and all are dropped after a 401 (`invalidate`).
 */
export class ClusterCredentials {
  readonly #config: KubeConfig;
  readonly #isDynamic: boolean;
  #resolved: ResolvedCredentials | undefined;
  #resolvedAt = 0;
  #pending: Promise<ResolvedCredentials> | undefined;

  constructor(config: KubeConfig) {
    this.#config = withExecInfo(config);
    const user = config.getCurrentUser();
    this.#isDynamic = user?.exec !== undefined || user?.authProvider !== undefined;
  }

  /** The headers and TLS options of the next request. */
  async resolve(): Promise<ResolvedCredentials> {
    const isFresh = !this.#isDynamic || Date.now() - this.#resolvedAt < DYNAMIC_LIFETIME_MS;
    if (this.#resolved !== undefined && isFresh) return this.#resolved;
    this.#pending ??= this.#read().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /** Called after a 401: the next `resolve` asks the source again, past the plugin's own cache. */
  invalidate(): void {
    this.#resolved = undefined;
    forgetExecTokens(this.#config);
  }

  async #read(): Promise<ResolvedCredentials> {
    const options: Record<string, unknown> & { headers: Record<string, string> } = { headers: {} };
    await this.#config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(options.headers)) headers[name.toLowerCase()] = String(value).trim();
    const user = this.#config.getCurrentUser();
    if (typeof options['auth'] === 'string') {
      headers['authorization'] = `Basic ${Buffer.from(options['auth']).toString('base64')}`;
    }
    if (user?.impersonateUser !== undefined) headers['impersonate-user'] = user.impersonateUser;
    const tls: TlsOptions = {};
    for (const name of ['ca', 'cert', 'key', 'rejectUnauthorized', 'servername'] as const) {
      if (options[name] !== undefined) Object.assign(tls, { [name]: options[name] });
    }
    this.#resolved = { headers, tls };
    this.#resolvedAt = Date.now();
    return this.#resolved;
  }
}

/** Exec plugins expect KUBERNETES_EXEC_INFO, which the library does not set. */
function withExecInfo(config: KubeConfig): KubeConfig {
  const user = config.getCurrentUser();
  const cluster = config.getCurrentCluster();
  if (user?.exec === undefined || cluster === null) return config;
  const info = JSON.stringify({
    apiVersion: user.exec.apiVersion ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(user.exec.provideClusterInfo === true
        ? {
            cluster: {
              server: cluster.server,
              'certificate-authority-data': cluster.caData,
              'insecure-skip-tls-verify': cluster.skipTLSVerify,
              ...(user.exec.config === undefined ? {} : { config: user.exec.config }),
            },
          }
        : {}),
    },
  });
  const env = (user.exec.env ?? []).filter((entry: { name: string }) => entry.name !== 'KUBERNETES_EXEC_INFO');
  user.exec.env = [...env, { name: 'KUBERNETES_EXEC_INFO', value: info }];
  return config;
}

/** ExecAuth keeps a token until it expires; a refused one must go now. The cache is a plain field of the authenticator. */
function forgetExecTokens(config: KubeConfig): void {
  const { authenticators } = config as unknown as { authenticators?: { tokenCache?: Record<string, unknown> }[] };
  for (const authenticator of authenticators ?? []) {
    if (authenticator.tokenCache !== undefined) authenticator.tokenCache = {};
  }
}
