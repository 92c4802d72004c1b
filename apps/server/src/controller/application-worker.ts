import {
  type Application,
  type ApplicationKey,
  appInstanceName,
  ClusterError,
  type DestinationCluster,
  type JqEvaluator,
  type KubernetesObject,
  type ReconcileEvent,
  type ReconcileOutcome,
  type ReconcileWorld,
  RenderError,
  reconcileApplication,
  resolveDestination,
  WaitingError,
} from '@lockstep/core';
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { versionOf } from '../kubernetes/version-of.ts';
import type { Logger } from '../logger.ts';
import type { ControllerMetrics } from '../metrics.ts';
import type { ApplicationJob } from '../queues/applications-queue.ts';
import { appendEvent } from '../redis/event-stream.ts';
import type { ApplicationQueue } from './application-queue.ts';
import { Cancelled } from './cancelled.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterShare } from './cluster-share.ts';
import type { Clusters } from './clusters.ts';
import type { ControlPlane } from './control-plane.ts';
import { textOfKey } from './control-plane.ts';
import type { DeploymentStore } from './deployment-store.ts';
import { Hearing } from './hearing.ts';
import type { ReadModels } from './read-models.ts';
import type { RenderClient } from './render-client.ts';
import type { Repositories } from './repositories.ts';
import { saveManifestsInstead } from './saved-manifests.ts';

export interface WorkerParts {
  controlPlane: ControlPlane;
  clusters: Clusters;
  repositories: Repositories;
  renders: RenderClient;
  deployments: DeploymentStore;
  readModels: ReadModels;
  redis: Redis;
  jq: JqEvaluator;
  queue: ApplicationQueue;
  /** Whether this process holds the shard of the application's cluster. */
  serves: (application: Application) => boolean;
  /** Throws when this process may not write now: the shard's lease is not held, or we are stopping. */
  throwIfCancelled: () => void;
  logger: Logger;
  metrics: ControllerMetrics;
}

/** Long enough for the first lists of a small cluster, short enough that one that does not answer holds up nobody. */
const CLUSTER_WAIT_MS = 50;
const WITHOUT_JOB = new AbortController().signal;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 60_000;

/**
 * Turns one hint into one reconciliation: reads the Application again, lets core decide and act, and says when to look
 * again. Trouble that is not the application's is retried with a growing pause.
 */
export class ApplicationWorker {
  readonly parts: WorkerParts;
  readonly #active = new Map<string, Hearing>();
  readonly #failures = new Map<string, number>();
  readonly #share: ClusterShare;
  #isStopping = false;

  constructor(parts: WorkerParts, share: ClusterShare) {
    this.parts = parts;
    this.#share = share;
  }

  /** Look at it now, or once more when the look in progress ends. `version` (see `versionOf`): of the object that changed. */
  hint(key: ApplicationKey, version?: string): void {
    const hearing = this.#active.get(textOfKey(key));
    if (hearing === undefined) this.parts.queue.add(key);
    else hearing.hear(version);
  }

  /** `signal` is aborted when BullMQ lost the job's lock: somebody may run it again, so nothing more is written. */
  async process(job: Job<ApplicationJob>, signal: AbortSignal): Promise<void> {
    const first = { namespace: job.data.namespace, name: job.data.name };
    const application = this.parts.controlPlane.application(first);
    const server = application === undefined ? '' : (this.#clusterOf(application)?.facts.server ?? '');
    if (this.#isStopping || !this.#share.take(server, first)) return;
    try {
      await this.#lookAt(first, signal);
    } finally {
      // Not awaited: the job is done, and hints at its application must not wait for those of others.
      void this.#lookAtWaiting(server);
    }
  }

  /** Begins nothing more. Resolves when nothing is in progress, at the latest after `timeout` ms. */
  async stop(timeout: number): Promise<void> {
    this.#isStopping = true;
    this.#share.clear();
    const end = Date.now() + timeout;
    while (this.#active.size > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Those that had to wait for a place of this cluster. Their jobs ended when they began to wait; the shard is still ours. */
  async #lookAtWaiting(server: string): Promise<void> {
    for (let key = this.#share.pass(server); key !== undefined; key = this.#share.pass(server)) {
      try {
        await this.#lookAt(key, WITHOUT_JOB);
      } catch (error) {
        this.parts.logger.error({ application: textOfKey(key), err: error }, 'reconciliation failed');
      }
    }
  }

  async #lookAt(key: ApplicationKey, signal: AbortSignal): Promise<void> {
    const text = textOfKey(key);
    // BullMQ may run a job twice when it thinks we stalled; the second run waits its turn.
    if (this.#active.has(text)) return this.hint(key);
    const application = this.parts.controlPlane.application(key);
    if (application === undefined) return this.#forget(key);
    if (!this.parts.serves(application)) return this.#leave(key);
    const hearing = new Hearing();
    this.#active.set(text, hearing);
    try {
      // One that starts wakes its applications when it is ready; waiting a moment spares the small ones that.
      const state = await this.#clusterOf(application)?.settled(CLUSTER_WAIT_MS);
      if (state !== 'starting') await this.#reconcile(key, application, { signal, hearing });
    } finally {
      this.#active.delete(text);
      if (hearing.isNews) this.parts.queue.add(key);
    }
  }

  async #reconcile(
    key: ApplicationKey,
    application: Application,
    { signal, hearing }: { signal: AbortSignal; hearing: Hearing },
  ): Promise<void> {
    const { queue, logger, metrics, controlPlane } = this.parts;
    const text = textOfKey(key);
    const server = application.spec.destination.server ?? application.spec.destination.name ?? '';
    const stop = metrics.reconciles.startTimer({ namespace: key.namespace, dest_server: server });
    try {
      const outcome = await reconcileApplication(this.#worldFor(key, signal, hearing), key);
      this.#failures.delete(text);
      this.#schedule(key, outcome);
      this.#countSync(application, outcome.application);
    } catch (error) {
      const failures = (this.#failures.get(text) ?? 0) + 1;
      this.#failures.set(text, failures);
      const isConflict = error instanceof ClusterError && error.reason === 'Conflict';
      const pause =
        error instanceof WaitingError
          ? error.retryAfter
          : isConflict
            ? 20 * failures
            : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
      if (isConflict || error instanceof WaitingError || error instanceof Cancelled)
        logger.debug({ application: text, err: error }, 'reconciliation is repeated');
      else logger.error({ application: text, err: error }, 'reconciliation failed');
      queue.addLater(key, pause);
    } finally {
      stop();
    }
    if (controlPlane.application(key) === undefined) this.#forget(key);
  }

  /** Undefined when the destination is wrong; core says what is. */
  #clusterOf(application: Application): Cluster | undefined {
    const { clusters } = this.parts;
    try {
      return clusters.get(resolveDestination(application.spec.destination, clusters.facts()).server);
    } catch {
      return undefined;
    }
  }

  #worldFor(key: ApplicationKey, signal: AbortSignal, hearing: Hearing): ReconcileWorld {
    const throwIfCancelled = (): void => {
      if (signal.aborted) throw new Cancelled(`the job of ${textOfKey(key)} lost its lock`);
      const application = this.parts.controlPlane.application(key);
      if (application !== undefined && !this.parts.serves(application))
        throw new Cancelled(`${textOfKey(key)} has another controller now`);
      this.parts.throwIfCancelled();
    };
    return createWorld(this.parts, key, {
      throwIfCancelled,
      onWritten: ({ metadata }) => hearing.wrote(versionOf(metadata)),
      onReadAnew: () => hearing.hear(undefined),
    });
  }

  #schedule(key: ApplicationKey, outcome: ReconcileOutcome): void {
    const { queue, controlPlane } = this.parts;
    const { timeoutSeconds, jitterSeconds } = controlPlane.settings().reconciliation;
    const resync = timeoutSeconds > 0 ? (timeoutSeconds + Math.random() * jitterSeconds) * 1000 : 3_600_000;
    queue.addLater(key, Math.max(10, Math.min(outcome.requeueAfter ?? resync, resync)));
  }

  #countSync(before: Application, after: Application | undefined): void {
    const state = after?.status?.operationState;
    if (state?.finishedAt === undefined || state.finishedAt === before.status?.operationState?.finishedAt) return;
    const { namespace = '', name = '' } = before.metadata;
    this.parts.metrics.syncs.inc({
      namespace,
      name,
      project: before.spec.project,
      dest_server: before.spec.destination.server ?? '',
      phase: state.phase,
    });
  }

  #forget(key: ApplicationKey): void {
    this.#leave(key);
    this.parts.readModels.remove(key);
  }

  /** Another controller looks after it from now on. */
  #leave(key: ApplicationKey): void {
    const { queue, renders, readModels, repositories, clusters, controlPlane } = this.parts;
    queue.forget(key);
    renders.forget(key);
    readModels.leave(key);
    repositories.track(key, undefined);
    this.#failures.delete(textOfKey(key));
    for (const cluster of clusters.opened()) cluster.cache?.forget(appInstanceName(key, controlPlane.namespace));
  }
}

export interface WorldHooks {
  /** Asked once more as every write leaves. For those who only plan it always throws. */
  throwIfCancelled: () => void;
  /** Gets what the API server answered to a write. */
  onWritten: (object: KubernetesObject) => void;
  /** The Application was not as we knew it, and was read anew. */
  onReadAnew: () => void;
}

/** The world of one reconciliation, or of a plan. */
export function createWorld(
  parts: WorkerParts,
  key: ApplicationKey,
  { throwIfCancelled, onWritten, onReadAnew }: WorldHooks,
): ReconcileWorld {
  const { controlPlane, clusters, repositories, renders, deployments, readModels, redis, jq } = parts;
  const instanceName = appInstanceName(key, controlPlane.namespace);
  const own = controlPlane.client.fenced(throwIfCancelled);
  return {
    controlPlaneNamespace: controlPlane.namespace,
    now: () => new Date(),
    throwIfCancelled,
    settings: () => controlPlane.settings(),
    application: (wanted) => controlPlane.application(wanted),
    allApplications: () => controlPlane.allApplications(),
    projects: () => [...controlPlane.projects.list()],
    clusters: () => clusters.facts(),
    destination: async (server, options): Promise<DestinationCluster> => {
      const cluster = clusters.get(server);
      await cluster.settled(CLUSTER_WAIT_MS);
      return cluster.destination(instanceName, { ...options, fence: throwIfCancelled, onWritten });
    },
    resolveRevisions: async (request) => {
      const resolved = await repositories.resolve(request);
      if (request.fresh) return resolved;
      return Promise.all(
        resolved.map(async (source, index) => ({ ...source, revision: await renders.revisionFor(key, index, source) })),
      );
    },
    render: async (request) => {
      try {
        return await saveManifestsInstead(request, controlPlane.application(key), deployments, () =>
          renders.render(request),
        );
      } catch (error) {
        if (error instanceof RenderError && /^(Missing|Chart|Kustomiz)/.test(error.code))
          repositories.suspect(request.sources.map(({ source }) => source.repoURL));
        throw error;
      }
    },
    readApplication: async (wanted) => {
      const stored = (await controlPlane.client.get({
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        ...wanted,
      })) as Application | undefined;
      // Somebody wrote meanwhile. What was decided on what was read before is not all there is to do, and once it is held
      // the watch will not tell of it.
      onReadAnew();
      if (stored !== undefined) controlPlane.applications.absorb(stored);
      return stored;
    },
    patchApplication: async (wanted, patch) => {
      throwIfCancelled();
      try {
        const stored = (await own.patch(
          { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', ...wanted },
          { type: 'merge', body: patch, fieldManager: 'argocd-controller' },
        )) as Application;
        onWritten(stored);
        controlPlane.applications.absorb(stored);
        return stored;
      } catch (error) {
        if (error instanceof ClusterError && error.status === 404) return undefined;
        throw error;
      }
    },
    saveDeployment: (deployment) =>
      deployments.fenced(throwIfCancelled).save(deployment, controlPlane.application(key)),
    record: (event) => recordEvent(redis, event),
    publish: ({ comparison, cluster }) =>
      readModels.publish(key, comparison, cluster === undefined ? undefined : clusters.get(cluster.facts.server).cache),
    deletionBrake: () => controlPlane.deletionBrake(),
    jq,
  };
}

function recordEvent(redis: Redis, event: ReconcileEvent): void {
  const { application, ...payload } = event;
  appendEvent(redis, {
    type: event.reason.startsWith('Operation') ? 'operation' : 'event',
    ...application,
    payload: { ...payload, at: new Date().toISOString() },
  });
}
