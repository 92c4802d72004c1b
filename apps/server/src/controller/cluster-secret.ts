import { KubeConfig } from '@kubernetes/client-node';
import {
  type ClusterFacts,
  IN_CLUSTER_NAME,
  IN_CLUSTER_SERVER,
  LABEL_SECRET_TYPE,
  TerminalError,
} from '@lockstep/core';
import type { Secret } from './control-plane.ts';
import { decoded } from './repository-credentials.ts';

interface ClusterConfig {
  username?: string;
  password?: string;
  bearerToken?: string;
  tlsClientConfig?: { insecure?: boolean; serverName?: string; caData?: string; certData?: string; keyData?: string };
  awsAuthConfig?: { clusterName?: string; roleARN?: string; profile?: string };
  execProviderConfig?: {
    command?: string;
    args?: string[];
    env?: Record<string, string>;
    apiVersion?: string;
    installHint?: string;
    provideClusterInfo?: boolean;
    config?: unknown;
  };
  proxyUrl?: string;
}

/** What a cluster Secret says, without its credentials. */
export function clusterFacts(secret: Secret): ClusterFacts | undefined {
  if (secret.metadata.labels?.[LABEL_SECRET_TYPE] !== 'cluster') return undefined;
  const data = decoded(secret);
  const server = (data['server'] ?? '').replace(/\/+$/, '');
  if (server === '') return undefined;
  const namespaces = (data['namespaces'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return {
    server,
    name: data['name'] || server,
    ...(data['project'] === undefined || data['project'] === '' ? {} : { project: data['project'] }),
    ...(namespaces.length === 0 ? {} : { namespaces }),
    ...(data['clusterResources'] === 'true' ? { clusterResources: true } : {}),
    ...(/^\d{1,6}$/.test(data['shard'] ?? '') ? { shard: Number(data['shard']) } : {}),
    ...(secret.metadata.labels === undefined ? {} : { labels: secret.metadata.labels }),
    ...(secret.metadata.annotations === undefined ? {} : { annotations: secret.metadata.annotations }),
  };
}

export interface RegisteredCluster {
  facts: ClusterFacts;
  secret: Secret;
}

/** The clusters that labelled Secrets register. Of two Secrets for one address the first by name counts. */
export function registeredClusters(secrets: Iterable<Secret>): RegisteredCluster[] {
  const clusters = new Map<string, RegisteredCluster>();
  for (const secret of clusterSecrets(secrets)) {
    const facts = clusterFacts(secret);
    if (facts !== undefined && !clusters.has(facts.server)) clusters.set(facts.server, { facts, secret });
  }
  return [...clusters.values()];
}

export interface ClusterProblem {
  /** The Secret's. */
  secret: string;
  name: string;
  /** Empty when it names none. */
  server: string;
  message: string;
}

/** What is wrong with cluster Secrets, each by its name. Such a Secret affects no other. */
export function clusterProblems(secrets: Iterable<Secret>): ClusterProblem[] {
  const problems: ClusterProblem[] = [];
  const used = new Map<string, string>();
  for (const secret of clusterSecrets(secrets)) {
    const { name: secretName = '' } = secret.metadata;
    const data = decoded(secret);
    const server = (data['server'] ?? '').replace(/\/+$/, '');
    const message = problemOf(secret, data, server) ?? problemOfDuplicate(used.get(server), server);
    if (!used.has(server)) used.set(server, secretName);
    if (message !== undefined)
      problems.push({
        secret: secretName,
        name: data['name'] || secretName,
        server,
        message: `Secret ${secretName}: ${message}`,
      });
  }
  return problems;
}

function problemOf(secret: Secret, data: Record<string, string>, server: string): string | undefined {
  if (server === '') return 'it names no server. Set stringData.server to the address of the API server';
  try {
    clusterKubeConfig(secret);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { shard = '' } = data;
  return shard === '' || /^\d{1,6}$/.test(shard) ? undefined : `shard "${shard}" is not a whole number and is ignored`;
}

function problemOfDuplicate(other: string | undefined, server: string): string | undefined {
  return other === undefined ? undefined : `${server} is registered by Secret ${other} already, which is used`;
}

function clusterSecrets(secrets: Iterable<Secret>): Secret[] {
  return [...secrets]
    .filter(({ metadata }) => metadata.labels?.[LABEL_SECRET_TYPE] === 'cluster')
    .sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
}

/** Whether nobody checks whom we talk to. */
export function isInsecure(secret: Secret): boolean {
  try {
    return configOf(secret).tlsClientConfig?.insecure === true;
  } catch {
    return false;
  }
}

export const IN_CLUSTER_FACTS: ClusterFacts = { server: IN_CLUSTER_SERVER, name: IN_CLUSTER_NAME };

/** Equal identities: the connection of one serves the other. */
export function connectionIdentity(secret: Secret): string {
  const data = secret.data ?? {};
  return `${data['server']} ${data['config']} ${data['namespaces'] ?? ''} ${data['clusterResources'] ?? ''}`;
}

/**
 * How to reach the cluster, or undefined when the Secret names our own cluster without credentials: it then is reached as
 * we reach it. Throws `TerminalError` when the configuration cannot be read.
 */
export function clusterKubeConfig(secret: Secret): KubeConfig | undefined {
  const { server = '', name = '' } = decoded(secret);
  const config = configOf(secret);
  if (!/^https?:\/\/[^/]/.test(server) || !URL.canParse(server))
    throw new TerminalError('ClusterSecret', `server "${server}" of cluster ${name} is not a URL`, {
      fix: `Write it as https://host:port in Secret ${secret.metadata.name}`,
    });
  const tls = config.tlsClientConfig ?? {};
  const isOwn = server.replace(/\/+$/, '') === IN_CLUSTER_SERVER;
  const hasCredentials = [
    config.bearerToken,
    config.username,
    tls.certData,
    config.execProviderConfig,
    config.awsAuthConfig,
  ].some((value) => value !== undefined && value !== '');
  if (isOwn && !hasCredentials) return undefined;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    {
      name,
      server,
      skipTLSVerify: tls.insecure === true,
      ...(tls.caData === undefined || tls.caData === '' ? {} : { caData: tls.caData }),
      ...(tls.serverName === undefined || tls.serverName === '' ? {} : { tlsServerName: tls.serverName }),
      ...(config.proxyUrl === undefined || config.proxyUrl === '' ? {} : { proxyUrl: config.proxyUrl }),
    },
    {
      name: `${name}-user`,
      ...(config.bearerToken === undefined || config.bearerToken === '' ? {} : { token: config.bearerToken }),
      ...(config.username === undefined || config.username === ''
        ? {}
        : { username: config.username, password: config.password ?? '' }),
      ...(tls.certData === undefined || tls.certData === '' ? {} : { certData: tls.certData }),
      ...(tls.keyData === undefined || tls.keyData === '' ? {} : { keyData: tls.keyData }),
      ...execOf(config),
    },
  );
  return kubeConfig;
}

function configOf(secret: Secret): ClusterConfig {
  const { config: text = '', name = '' } = decoded(secret);
  let config: unknown;
  try {
    config = JSON.parse(text === '' ? '{}' : text);
  } catch (cause) {
    // The parser's own words would quote credentials.
    throw wrongConfig(secret, name, 'is not JSON', cause);
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw wrongConfig(secret, name, 'is not a JSON object');
  return config as ClusterConfig;
}

function wrongConfig(secret: Secret, name: string, what: string, cause?: unknown): TerminalError {
  return new TerminalError('ClusterSecret', `the config of cluster ${name} in Secret ${secret.metadata.name} ${what}`, {
    fix: 'Correct the Secret',
    cause,
  });
}

function execOf({ execProviderConfig, awsAuthConfig }: ClusterConfig): { exec?: object } {
  if (execProviderConfig?.command !== undefined) {
    const { command, args = [], env = {}, apiVersion, installHint, provideClusterInfo, config } = execProviderConfig;
    return {
      exec: {
        command,
        args,
        env: Object.entries(env).map(([name, value]) => ({ name, value })),
        apiVersion,
        installHint,
        provideClusterInfo,
        ...(config === undefined ? {} : { config }),
      },
    };
  }
  if (awsAuthConfig?.clusterName === undefined) return {};
  const { clusterName, roleARN, profile } = awsAuthConfig;
  return {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      command: 'aws',
      args: [
        'eks',
        'get-token',
        '--cluster-name',
        clusterName,
        ...(roleARN === undefined ? [] : ['--role-arn', roleARN]),
      ],
      env: profile === undefined ? [] : [{ name: 'AWS_PROFILE', value: profile }],
    },
  };
}
