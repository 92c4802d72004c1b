import {
  type Application,
  type ApplicationKey,
  type ApplicationSource,
  ClusterError,
  type Deployment,
  type KubernetesObject,
} from '@lockstep/core';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import type { Logger } from '../logger.ts';
import { packText, unpackText } from '../redis/pack-text.ts';
import type { Secret } from './control-plane.ts';

const DEPLOYMENTS_TYPE = 'lockstep.dev/deployments';
/** A Secret holds a megabyte; one entry must leave room for the next. */
const MAX_ENTRY = 700 * 1024;
const DEFAULT_LIMIT = 10;

export interface SavedDeployment {
  historyId: number;
  revisions: string[];
  sources: ApplicationSource[];
  deployedAt: string;
  initiatedBy: { username?: string; automated?: boolean };
  manifests: KubernetesObject[];
}

/**
 * The manifests of past deployments, one Secret per application with a compressed entry per history id, as Helm keeps its
 * releases. Saving is one request; entries past the history limit leave with the same request. Losing one loses a diff and
 * nothing else.
 */
export class DeploymentStore {
  readonly #client: KubernetesClient;
  readonly #logger: Logger;

  constructor(client: KubernetesClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** A store whose writes ask `fence` first, see `KubernetesClient.fenced`. */
  fenced(fence: () => void): DeploymentStore {
    return new DeploymentStore(this.#client.fenced(fence), this.#logger);
  }

  async save(deployment: Deployment, application: Application | undefined): Promise<void> {
    const { historyId } = deployment;
    const { application: key, uid: _uid, ...saved } = deployment;
    const packed = await packText(JSON.stringify(saved satisfies SavedDeployment));
    if (packed.length > MAX_ENTRY) {
      this.#logger.info({ application: key, bytes: packed.length }, 'the deployment is too large to be kept for diffs');
      return;
    }
    const limit = application?.spec.revisionHistoryLimit ?? DEFAULT_LIMIT;
    if (limit <= 0) return;
    const data: Record<string, string | null> = { [entryName(historyId)]: packed.toString('base64') };
    // Some more than one, in case the limit was lowered.
    for (let id = historyId - limit; id >= 0 && id > historyId - limit - 5; id--) data[entryName(id)] = null;
    const secret = this.#empty(deployment);
    try {
      // The first deployment finds nothing to patch.
      if (historyId === 0) await this.#createOrPatch(secret, data);
      else await this.#patchOrCreate(secret, data);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (error.status === 413 || error.status === 422) await this.#startOver(secret, data);
      else this.#logger.warn({ application: key, err: error.message }, 'the deployment was not kept');
    }
  }

  /** The manifests of one deployment, or undefined when they were not kept. */
  async load(key: ApplicationKey, historyId: number): Promise<SavedDeployment | undefined> {
    return (await this.loadAll(key, (id) => id === historyId))[0];
  }

  /** Every kept deployment that `wanted` names, oldest first. */
  async loadAll(key: ApplicationKey, wanted: (historyId: number) => boolean = () => true): Promise<SavedDeployment[]> {
    const secret = (await this.#client.get({
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: key.namespace,
      name: secretName(key.name),
    })) as Secret | undefined;
    const entries = Object.entries(secret?.data ?? {})
      .map(([name, value]) => ({ id: Number(name.slice(ENTRY_PREFIX.length)), value }))
      .filter(({ id }) => Number.isInteger(id) && wanted(id))
      .sort((a, b) => a.id - b.id);
    return Promise.all(
      entries.map(async ({ value }) => JSON.parse(await unpackText(Buffer.from(value, 'base64'))) as SavedDeployment),
    );
  }

  async #createOrPatch(secret: Secret, data: Record<string, string | null>): Promise<void> {
    try {
      await this.#client.create({ ...secret, data: present(data) }, { fieldManager: 'lockstep' });
    } catch (error) {
      if (!(error instanceof ClusterError) || error.reason !== 'AlreadyExists') throw error;
      await this.#patch(secret, data);
    }
  }

  async #patchOrCreate(secret: Secret, data: Record<string, string | null>): Promise<void> {
    try {
      await this.#patch(secret, data);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status !== 404) throw error;
      await this.#client.create({ ...secret, data: present(data) }, { fieldManager: 'lockstep' });
    }
  }

  async #patch(secret: Secret, data: Record<string, string | null>): Promise<void> {
    await this.#client.patch(refOf(secret), { type: 'merge', body: { data }, fieldManager: 'lockstep' });
  }

  /** Full: the older ones go, the newest counts. */
  async #startOver(secret: Secret, data: Record<string, string | null>): Promise<void> {
    try {
      await this.#client.replace({ ...secret, data: present(data) }, { fieldManager: 'lockstep' });
    } catch (error) {
      this.#logger.warn({ secret: secret.metadata.name, err: error }, 'the deployment was not kept');
    }
  }

  #empty({ application, uid }: Deployment): Secret {
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      type: DEPLOYMENTS_TYPE,
      metadata: {
        name: secretName(application.name),
        namespace: application.namespace,
        labels: { 'app.kubernetes.io/managed-by': 'lockstep' },
        ...(uid === ''
          ? {}
          : {
              ownerReferences: [
                { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', name: application.name, uid },
              ],
            }),
      },
    };
  }
}

const ENTRY_PREFIX = 'deployment-';

function entryName(historyId: number): string {
  return `${ENTRY_PREFIX}${historyId}`;
}

/** Names of Secrets are as long as those of Applications, so a long one is cut and told apart by a sum. */
export function secretName(application: string): string {
  const name = `lockstep-deployments-${application}`;
  if (name.length <= 253) return name;
  let sum = 0;
  for (const character of application) sum = (Math.imul(sum, 31) + character.charCodeAt(0)) >>> 0;
  return `${name.slice(0, 240)}-${sum.toString(16)}`;
}

function present(data: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).filter((entry): entry is [string, string] => entry[1] !== null));
}

function refOf(secret: Secret): { apiVersion: string; kind: string; namespace: string; name: string } {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: secret.metadata.namespace ?? '',
    name: secret.metadata.name ?? '',
  };
}
