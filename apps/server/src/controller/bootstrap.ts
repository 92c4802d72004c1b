import { ClusterError, customResourceDefinitions, type KubernetesObject, LABEL_PART_OF } from '@lockstep/core';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import type { Logger } from '../logger.ts';

/**
 * What must exist before anything runs: the custom resource definitions, our namespace, the default project and the
 * objects that hold settings. Only what is missing is created; an existing definition, Argo CD's own for instance, stays as
 * it is. Several processes may do this at once.
 */
export async function bootstrap(client: KubernetesClient, namespace: string, logger: Logger): Promise<void> {
  await Promise.all([
    createMissing(client, namespaceObject(namespace)),
    ...customResourceDefinitions().map((definition) => ensureDefinition(client, definition, logger)),
  ]);
  if (!areServed(client)) await waitUntilServed(client);
  await Promise.all(defaults(namespace).map((object) => createMissing(client, object)));
}

const SERVED_TIMEOUT_MS = 30_000;

async function ensureDefinition(client: KubernetesClient, definition: KubernetesObject, logger: Logger): Promise<void> {
  try {
    await createMissing(client, definition);
  } catch (error) {
    // Without permission to create definitions it is enough that somebody else did.
    if (!(error instanceof ClusterError) || error.status !== 403) throw error;
    logger.info(
      { definition: definition.metadata.name },
      'not allowed to create the definition; it must exist already',
    );
  }
}

/** A new definition is served some moments after it was accepted. */
async function waitUntilServed(client: KubernetesClient): Promise<void> {
  const end = Date.now() + SERVED_TIMEOUT_MS;
  for (let pause = 50; ; pause = Math.min(1_000, pause * 2)) {
    await client.rediscover();
    if (areServed(client)) return;
    if (Date.now() > end)
      throw new ClusterError('the definitions of argoproj.io were created but are not served', {
        status: 503,
        reason: 'NotServed',
      });
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** All of them: another process may just be creating them one by one. */
function areServed(client: KubernetesClient): boolean {
  return ['Application', 'AppProject', 'ApplicationSet'].every(
    (kind) => client.resourceFor('argoproj.io', kind) !== undefined,
  );
}

/** One GET when it exists, so that a start changes and logs nothing on a cluster that is set up. */
async function createMissing(client: KubernetesClient, object: KubernetesObject): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  try {
    if (
      (await client.get({ apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name ?? '' })) !==
      undefined
    )
      return;
    await client.create(object, { fieldManager: 'lockstep' });
  } catch (error) {
    if (error instanceof ClusterError && error.reason === 'AlreadyExists') return;
    throw error;
  }
}

function namespaceObject(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function defaults(namespace: string): KubernetesObject[] {
  const labels = { [LABEL_PART_OF]: 'argocd' };
  const configMap = (name: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data: {},
  });
  return [
    configMap('argocd-cm'),
    configMap('argocd-rbac-cm'),
    configMap('argocd-cmd-params-cm'),
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'default', namespace },
      spec: {
        sourceRepos: ['*'],
        destinations: [{ server: '*', namespace: '*' }],
        clusterResourceWhitelist: [{ group: '*', kind: '*' }],
      },
    },
  ];
}
