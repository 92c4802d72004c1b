import type { Application, ApplicationKey } from '../application/application.ts';
import type { OperationState } from '../application/operation.ts';
import { statusPatch } from '../status/status-patch.ts';
import type { ReconcileWorld } from './reconcile-world.ts';

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
    this.current = await this.#world.patchApplication(this.#key, patch);
    this.wrote = true;
  }

  /** Stores a running operation state and nothing else. */
  async checkpoint(operationState: OperationState): Promise<void> {
    if (this.current === undefined) return;
    await this.write({ ...this.current, status: { ...this.current.status, operationState } });
  }
}
