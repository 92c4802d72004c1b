import type { Application, ApplicationKey } from '../application/application.ts';
import type { OperationState } from '../application/operation.ts';
import { ClusterError } from '../errors.ts';
import { contentHash } from '../kubernetes/content-hash.ts';
import { reducedStatuses } from '../status/reduced-status.ts';
import { statusPatch } from '../status/status-patch.ts';
import type { ReconcileWorld } from './reconcile-world.ts';

const ATTEMPTS = 5;

/** What the Application becomes, from what is stored now; undefined when what it was decided on is not there any more. */
export type Change = (stored: Application) => Application | undefined;

/**
 * Writes one Application, changed fields only, and remembers what is stored. Every write is refused when somebody else
 * wrote since; it is then made again from the newest object, so that nobody's write is lost. When the operation itself
 * has moved on, that is another controller at work: the conflict is thrown, and the next pass decides anew.
 */
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

  /** Brings the custom resource to what `change` makes of it; one request, or none when nothing changed. */
  async write(change: Change): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const before = this.current;
      if (before === undefined) return;
      const after = change(before);
      if (after === undefined) throw movedOn(this.#key);
      try {
        await this.#patch(before, after);
        return;
      } catch (error) {
        if (!(error instanceof ClusterError) || error.reason !== 'Conflict' || attempt >= ATTEMPTS) throw error;
        const newest = await this.#world.readApplication(this.#key);
        if (newest !== undefined && !isSameOperationState(before, newest)) throw error;
        this.current = newest;
      }
    }
  }

  /** Stores a running operation state and nothing else. */
  async checkpoint(operationState: OperationState): Promise<void> {
    await this.write((stored) => withOperationState(stored, operationState));
  }

  async #patch(before: Application, after: Application): Promise<void> {
    const patch = statusPatch(before, after);
    if (patch === undefined) return;
    this.#world.throwIfCancelled();
    try {
      this.current = await this.#world.patchApplication(this.#key, patch);
      this.wrote = true;
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      await this.#patchReduced(before, after);
    }
  }

  /** A status larger than the API server stores loses its lists, and when that is not enough all but what is wrong. */
  async #patchReduced(before: Application, after: Application): Promise<void> {
    for (const reduced of reducedStatuses({ before, after })) {
      const patch = statusPatch(before, reduced);
      if (patch === undefined) return;
      this.#world.throwIfCancelled();
      try {
        this.current = await this.#world.patchApplication(this.#key, patch);
        this.wrote = true;
        return;
      } catch (error) {
        if (!isTooLarge(error)) throw error;
      }
    }
  }
}

/** The Application with an operation's state. A termination that was asked for meanwhile stays asked for. */
export function withOperationState(stored: Application, operationState: OperationState | undefined): Application {
  if (operationState === undefined) return stored;
  const known = stored.status?.operationState;
  const isTerminated =
    known?.phase === 'Terminating' &&
    known.startedAt === operationState.startedAt &&
    operationState.phase === 'Running';
  return {
    ...stored,
    status: {
      ...stored.status,
      operationState: isTerminated ? { ...operationState, phase: 'Terminating' } : operationState,
    },
  };
}

function isTooLarge(error: unknown): boolean {
  return (
    error instanceof ClusterError &&
    (error.status === 413 || /request is too large|trying to send message larger/.test(error.message))
  );
}

/** The same but for a termination, which anybody may ask for at any time. */
function isSameOperationState(before: Application, newest: Application): boolean {
  const [old, fresh] = [before.status?.operationState, newest.status?.operationState];
  if (old === undefined || fresh === undefined) return old === fresh;
  if (old.phase !== fresh.phase && fresh.phase !== 'Terminating') return false;
  return contentHash({ ...old, phase: '' }) === contentHash({ ...fresh, phase: '' });
}

function movedOn({ namespace, name }: ApplicationKey): ClusterError {
  return new ClusterError(`the operation of application ${namespace}/${name} changed while it was about to begin`, {
    status: 409,
    reason: 'Conflict',
  });
}
