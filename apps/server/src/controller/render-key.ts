import { randomBytes } from 'node:crypto';
import { ClusterError, LABEL_PART_OF } from '@lockstep/core';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { deriveKey } from '../redis/sealed-value.ts';

/**
 * The key that controller and renderer seal render results and credentials with. Given from outside, or derived from the
 * server's secret key (created when missing), so that it survives restarts. The renderer gets only this derived key.
 */
export async function loadRenderKey(
  client: KubernetesClient,
  namespace: string,
  given: string | undefined,
): Promise<Buffer> {
  if (given !== undefined) return deriveKey(given, 'render');
  return deriveKey(await serverSecretKey(client, namespace), 'render');
}

async function serverSecretKey(client: KubernetesClient, namespace: string): Promise<string> {
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace, name: 'argocd-secret' };
  for (let attempt = 1; ; attempt++) {
    const secret = (await client.get(ref)) as
      | { data?: Record<string, string>; metadata: { resourceVersion?: string } }
      | undefined;
    const encoded = secret?.data?.['server.secretkey'];
    if (encoded !== undefined && encoded !== '') return Buffer.from(encoded, 'base64').toString('utf8');
    const data = { 'server.secretkey': Buffer.from(randomBytes(32).toString('base64')).toString('base64') };
    try {
      if (secret === undefined) {
        await client.create({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: ref.name, namespace, labels: { [LABEL_PART_OF]: 'argocd' } },
          type: 'Opaque',
          data,
        });
      } else
        await client.patch(ref, {
          type: 'merge',
          body: { metadata: { resourceVersion: secret.metadata.resourceVersion }, data },
        });
    } catch (error) {
      // The API does the same at its start; whoever was first wins.
      if (!(error instanceof ClusterError) || !['Conflict', 'AlreadyExists'].includes(error.reason) || attempt >= 10)
        throw error;
    }
  }
}
