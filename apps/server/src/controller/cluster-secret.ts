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
  const data = decoded(secret);
  const { server = '', name = '' } = data;
  let config: ClusterConfig;
  try {
    config = JSON.parse(data['config'] === undefined || data['config'] === '' ? '{}' : data['config']) as ClusterConfig;
  } catch (cause) {
    throw new TerminalError(
      'ClusterSecret',
      `the config of cluster ${name} in Secret ${secret.metadata.name} is not JSON`,
      { fix: 'Correct the Secret', cause },
    );
  }
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

function execOf({ execProviderConfig, awsAuthConfig }: ClusterConfig): { exec?: object } {
  if (execProviderConfig?.command !== undefined) {
    const { command, args = [], env = {}, apiVersion, installHint, provideClusterInfo } = execProviderConfig;
    return {
      exec: {
        command,
        args,
        env: Object.entries(env).map(([name, value]) => ({ name, value })),
        apiVersion,
        installHint,
        provideClusterInfo,
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
