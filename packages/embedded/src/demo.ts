import type { IdentityProvider } from './identity-provider.ts';
import type { KubeconfigClient } from './kubeconfig-client.ts';

/** Objects Lockstep reads its configuration from, as an administrator would write them. */
export async function configure(options: {
  client: KubeconfigClient;
  namespace: string;
  url: string;
  identityProvider: IdentityProvider;
}): Promise<void> {
  const { client, namespace, url, identityProvider } = options;
  await client.apply(`/api/v1/namespaces/${namespace}`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  const put = (kind: 'ConfigMap' | 'Secret', name: string, content: Record<string, unknown>): Promise<void> =>
    client.apply(`/api/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`, {
      apiVersion: 'v1',
      kind,
      metadata: { name, namespace, labels: { 'app.kubernetes.io/part-of': 'argocd' } },
      ...content,
    });
  await put('Secret', 'lockstep-oidc', { stringData: { clientSecret: identityProvider.clientSecret } });
  await put('ConfigMap', 'argocd-cm', {
    data: {
      url,
      'oidc.config': [
        'name: Demo directory',
        `issuer: ${identityProvider.issuer}`,
        `clientID: ${identityProvider.clientID}`,
        'clientSecret: $lockstep-oidc:clientSecret',
        'requestedScopes: [openid, profile, email, groups]',
        '',
      ].join('\n'),
    },
  });
  await put('ConfigMap', 'argocd-rbac-cm', {
    data: {
      'policy.default': 'role:readonly',
      scopes: '[groups]',
      'policy.csv': [
        'g, platform-team, role:admin',
        'p, role:developer, applications, sync, */*-staging, allow',
        'p, role:developer, applications, rollback, */*-staging, allow',
        'p, role:developer, logs, get, */*, allow',
        'g, developers, role:developer',
        'g, auditors, role:readonly',
        '',
      ].join('\n'),
    },
  });
}

/** Registers another cluster under a name, with the credentials of its kubeconfig. */
export async function registerCluster(options: {
  client: KubeconfigClient;
  namespace: string;
  name: string;
  cluster: KubeconfigClient;
}): Promise<void> {
  const { server, credentials } = options.cluster;
  const config = {
    ...(credentials.token === undefined ? {} : { bearerToken: credentials.token }),
    tlsClientConfig: {
      ...(credentials.caData === undefined ? {} : { caData: credentials.caData }),
      ...(credentials.certData === undefined ? {} : { certData: credentials.certData }),
      ...(credentials.keyData === undefined ? {} : { keyData: credentials.keyData }),
    },
  };
  const name = `cluster-${options.name}`;
  await options.client.apply(`/api/v1/namespaces/${options.namespace}/secrets/${name}`, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: options.namespace, labels: { 'argocd.argoproj.io/secret-type': 'cluster' } },
    stringData: { name: options.name, server, config: JSON.stringify(config) },
  });
}

/** Registers the example repositories, so that their page shows them. */
export async function registerRepositories(options: {
  client: KubeconfigClient;
  namespace: string;
  urls: string[];
}): Promise<void> {
  for (const url of options.urls) {
    const name = `repository-${url
      .split('/')
      .at(-1)
      ?.replace(/\.git$/, '')}`;
    await options.client.apply(`/api/v1/namespaces/${options.namespace}/secrets/${name}`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: options.namespace, labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
      stringData: { type: 'git', url },
    });
  }
}

/** The one application that brings all others: the root of the `fleet` repository. */
export async function applyRootApplication(options: {
  client: KubeconfigClient;
  namespace: string;
  gitURL: string;
}): Promise<void> {
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${options.namespace}/applications/fleet`;
  if ((await options.client.get(path)) !== undefined) return;
  await options.client.apply(path, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'fleet', namespace: options.namespace },
    spec: {
      project: 'default',
      source: { repoURL: `${options.gitURL}/fleet.git`, path: 'applications', targetRevision: 'main' },
      destination: { name: 'in-cluster', namespace: options.namespace },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    },
  });
}
