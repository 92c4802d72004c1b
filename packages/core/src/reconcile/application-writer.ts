import type { Application, ApplicationKey } from '../application/application.ts';
import type { OperationState } from '../application/operation.ts';
import { ClusterError } from '../errors.ts';
import { statusPatch } from '../status/status-patch.ts';
import { ANNOTATION_HOLD, type Hold } from '../sync/hold.ts';
import type { ReconcileWorld } from './reconcile-world.ts';

const TOO_LARGE = {
  type: 'UnknownError',
  message:
    'the status of the application is larger than the API server stores, so its resources are left out. Split the application into several',
};

function isTooLarge(error: ClusterError): boolean {
  return error.status === 413 || /request is too large|trying to send message larger/.test(error.message);
}

/** Writes one Application, changed fields only, and remembers what is stored. */
export class ApplicationWriter {
  /** As stored, so far as we know; undefined once it is gone. */
  current: Application | undefined;
  wrote = false;
  readonly #world: ReconcileWorld;
  readonly #key: ApplicationKey;

  constructor(world: ReconcileWorld, key: ApplicationKey, application: Application) {
    this.#world = world;
    this.#key = key;
    this.current = application;
  }

  /** Brings the custom resource to `after`; one request, or none when nothing changed. */
  async write(after: Application): Promise<void> {
    if (this.current === undefined) return;
    const patch = statusPatch(this.current, after);
    if (patch === undefined) return;
    this.#world.throwIfCancelled();
    this.current = await this.#patch(patch);
    this.wrote = true;
  }

  /** Stores that an operation runs together with the hold it brings: one without the other would be undone or forgotten. */
  async hold(hold: Hold, operationState: OperationState): Promise<void> {
    if (this.current === undefined) return;
    const annotations = { ...this.current.metadata.annotations, [ANNOTATION_HOLD]: JSON.stringify(hold) };
    await this.write({
      ...this.current,
      metadata: { ...this.current.metadata, annotations },
      status: { ...this.current.status, operationState },
    });
  }

  /** A status larger than the API server stores is cut to the one condition that says so. */
  async #patch(patch: Record<string, unknown>): Promise<Application | undefined> {
    try {
      return await this.#world.patchApplication(this.#key, patch);
    } catch (error) {
      if (!(error instanceof ClusterError) || !isTooLarge(error)) throw error;
      const status = { ...(patch['status'] as object), resources: null, conditions: [TOO_LARGE], operationState: null };
      return this.#world.patchApplication(this.#key, { ...patch, status });
    }
  }

  /** Stores a running operation state and nothing else. */
  async checkpoint(operationState: OperationState): Promise<void> {
    if (this.current === undefined) return;
    await this.write({ ...this.current, status: { ...this.current.status, operationState } });
  }
}
