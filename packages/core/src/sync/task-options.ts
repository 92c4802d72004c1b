import type { SyncPolicy } from '../application/application.ts';
import type { SyncOperation } from '../application/operation.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { parseSyncOptions, type SyncOptions, syncOptionsOf } from '../kubernetes/sync-options.ts';
import type { TaskOptions } from './sync-plan.ts';

/**
 * The options of a whole operation: those it carries, else the application's. An operation written by hand rarely
 * carries any, and leaving out CreateNamespace would surprise.
 */
export function operationOptions(
  operation: Pick<SyncOperation, 'syncOptions'>,
  policy: SyncPolicy | undefined,
): { options: SyncOptions; problems: string[] } {
  return parseSyncOptions(operation.syncOptions ?? policy?.syncOptions ?? [], 'application');
}

const PROPAGATION = { foreground: 'Foreground', background: 'Background', orphan: 'Orphan' } as const;

/** The options of one resource: its own annotation wins over the operation's. */
export function taskOptions(
  operation: SyncOperation,
  application: SyncOptions,
  object: KubernetesObject | undefined,
): TaskOptions {
  const own = object === undefined ? {} : syncOptionsOf(object).options;
  const { apply, hook } = operation.syncStrategy ?? {};
  return {
    replace: own.replace ?? application.replace ?? false,
    force: own.force ?? (apply?.force === true || hook?.force === true),
    validate: own.validate ?? application.validate ?? true,
    skipDryRunOnMissingResource: own.skipDryRunOnMissingResource ?? application.skipDryRunOnMissingResource ?? false,
    clientSideApplyMigration: own.clientSideApplyMigration ?? application.clientSideApplyMigration ?? true,
    propagation: PROPAGATION[application.prunePropagationPolicy ?? 'foreground'],
  };
}
