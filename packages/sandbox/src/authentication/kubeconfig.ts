import { dump } from 'js-yaml';

/** A kubeconfig for one user of one server, with the CA and the token in it. */
export function kubeconfigYaml(input: { name: string; url: string; ca: string; user: string; token: string }): string {
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: input.name,
        cluster: { server: input.url, 'certificate-authority-data': Buffer.from(input.ca).toString('base64') },
      },
    ],
    users: [{ name: `${input.name}-${input.user}`, user: { token: input.token } }],
    contexts: [
      {
        name: input.name,
        context: { cluster: input.name, user: `${input.name}-${input.user}`, namespace: 'default' },
      },
    ],
    'current-context': input.name,
    preferences: {},
  });
}
