import { randomBytes } from 'node:crypto';
import { ClusterError, LABEL_PART_OF } from '@lockstep/core';
import type { ApiContext, Secret } from '../api/api-context.ts';
import { hashPassword, initialPassword } from './passwords.ts';

/**
 * Makes sure there is a key to sign sessions with and a way in: on first start `argocd-secret` gets `server.secretkey` and
 * a password for `admin`, which `argocd-initial-admin-secret` tells the administrator. What exists is left alone.
 * Two replicas starting at once agree through the API server's optimistic locking.
 */
export async function ensureInitialAdmin({
  controlPlane,
  collections,
  config: { namespace },
  logger,
}: Pick<ApiContext, 'controlPlane' | 'collections' | 'config' | 'logger'>): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace };
  const labels = { [LABEL_PART_OF]: 'argocd' };
  for (let attempt = 1; ; attempt += 1) {
    const secret = (await controlPlane.get({ ...ref, name: 'argocd-secret' })) as Secret | undefined;
    const added: Record<string, string> = {};
    if (!secret?.data?.['server.secretkey']) added['server.secretkey'] = randomBytes(32).toString('base64');
    let password: string | undefined;
    if (!secret?.data?.['admin.password']) {
      password = initialPassword();
      added['admin.password'] = await hashPassword(password);
      added['admin.passwordMtime'] = new Date().toISOString().replace(/\.\d+/, '');
    }
    if (Object.keys(added).length === 0) return;
    const data = Object.fromEntries(
      Object.entries(added).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    );
    try {
      // The password is told before it is in force: the other way round a crash between the two locks everybody out.
      if (password !== undefined) await tellPassword(password, { controlPlane, namespace, labels });
      const stored =
        secret === undefined
          ? await controlPlane.create({
              apiVersion: 'v1',
              kind: 'Secret',
              metadata: { name: 'argocd-secret', namespace, labels },
              type: 'Opaque',
              data,
            })
          : await controlPlane.patch(
              { ...ref, name: 'argocd-secret' },
              { type: 'merge', body: { metadata: { resourceVersion: secret.metadata.resourceVersion }, data } },
            );
      collections.secrets.absorb(stored as Secret);
      if (password !== undefined) {
        logger.info('the first password of admin is in the Secret argocd-initial-admin-secret');
      }
      return;
    } catch (error) {
      const isRace = error instanceof ClusterError && ['Conflict', 'AlreadyExists'].includes(error.reason);
      if (!isRace || attempt >= 10) throw error;
    }
  }
}

async function tellPassword(
  password: string,
  {
    controlPlane,
    namespace,
    labels,
  }: { namespace: string; labels: Record<string, string> } & Pick<ApiContext, 'controlPlane'>,
): Promise<void> {
  const name = 'argocd-initial-admin-secret';
  const data = { password: Buffer.from(password).toString('base64') };
  const existing = await controlPlane.get({ apiVersion: 'v1', kind: 'Secret', namespace, name });
  if (existing === undefined) {
    await controlPlane.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace, labels },
      type: 'Opaque',
      data,
    });
  } else {
    await controlPlane.patch({ apiVersion: 'v1', kind: 'Secret', namespace, name }, { type: 'merge', body: { data } });
  }
}
