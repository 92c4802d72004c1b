import type { Application } from '../application/application.ts';
import type { Comparison, ResourceComparison } from '../compare/comparison.ts';
import { isKeptByHelm } from '../kubernetes/hooks.ts';
import { describeResourceKey } from '../kubernetes/resource-key.ts';
import { type SyncOptions, syncOptionsOf } from '../kubernetes/sync-options.ts';
import type { Settings } from '../settings/settings.ts';
import { losesData } from './loses-data.ts';

/** On an Application: how much of it an automated sync may prune at once, `80%`. With `100%` anything. */
export const ANNOTATION_PRUNE_LIMIT = 'lockstep.dev/prune-limit';

const NAMED = 3;

interface PruneGuardInput {
  application: Pick<Application, 'metadata'>;
  comparison: Pick<Comparison, 'resources'>;
  /** Those of the operation, else of the application. */
  options: SyncOptions;
  settings: Pick<Settings, 'pruneLimit'>;
}

/**
 * Why an automated sync may not prune what it would, with the numbers and the ways to allow it; undefined when it may. A
 * large share of an application that leaves Git at once is more often a mistake (a renamed directory, a wrong branch) than
 * meant, and data does not come back. What is asked for one by one (`Prune=confirm`) and what stays anyway do not count.
 */
export function pruneRefusal(input: PruneGuardInput): string | undefined {
  const { percent, minimum } = pruneLimitOf(input).limit;
  if (percent >= 100) return undefined;
  const live = input.comparison.resources.filter((resource) => !resource.isHook && isThere(resource));
  const pruned = live.filter((resource) => isPruned(resource, input.options));
  const data = pruned.filter((resource) => losesData(resource.key) && pruneOption(resource, input.options) !== 'true');
  if (data.length > 0) {
    const names = data.slice(0, NAMED).map(({ key }) => describeResourceKey(key));
    const more = data.length > NAMED ? ` and ${data.length - NAMED} more of the kind` : '';
    return `it would delete ${names.join(', ')}${more} and what it holds. Sync by hand with prune, or say Prune=true in the sync options of the resource or the Application`;
  }
  const share = Math.floor((pruned.length / live.length) * 100);
  if (pruned.length < minimum || pruned.length * 100 <= live.length * percent) return undefined;
  return `it would prune ${pruned.length} of ${live.length} resources (${share} %), and more than ${percent} % is not pruned unasked. Sync by hand with prune, or annotate the Application with ${ANNOTATION_PRUNE_LIMIT}: "${Math.min(100, share + 1)}%"`;
}

/** The limit of an application, else that of the settings; a value nobody can read is a problem with the fix, and no limit of its own. */
export function pruneLimitOf({ application, settings }: Pick<PruneGuardInput, 'application' | 'settings'>): {
  limit: Settings['pruneLimit'];
  problem?: string;
} {
  const text = application.metadata.annotations?.[ANNOTATION_PRUNE_LIMIT]?.trim();
  if (text === undefined || text === '') return { limit: settings.pruneLimit };
  const percent = /^(\d{1,3})\s*%?$/.exec(text)?.[1];
  if (percent === undefined || Number(percent) > 100) {
    return {
      limit: settings.pruneLimit,
      problem: `annotation ${ANNOTATION_PRUNE_LIMIT} is "${text}", which is no share, so ${settings.pruneLimit.percent}% applies. Write for example "80%"`,
    };
  }
  return { limit: { ...settings.pruneLimit, percent: Number(percent) } };
}

/** Whether nothing of an application is wanted any more, so that pruning leaves nothing of it. */
export function wouldWipeOut({ resources }: Pick<Comparison, 'resources'>): boolean {
  const ordinary = resources.filter((resource) => !resource.isHook);
  return ordinary.length > 0 && ordinary.every((resource) => resource.requiresPruning);
}

function isThere({ live, requiresPruning }: ResourceComparison): boolean {
  return live !== undefined || requiresPruning;
}

function isPruned(resource: ResourceComparison, options: SyncOptions): boolean {
  const { requiresPruning, live } = resource;
  if (!requiresPruning || live?.metadata.deletionTimestamp !== undefined) return false;
  if (live !== undefined && isKeptByHelm(live)) return false;
  const option = pruneOption(resource, options);
  return option !== 'false' && option !== 'confirm';
}

function pruneOption({ live }: ResourceComparison, options: SyncOptions): SyncOptions['prune'] {
  return (live === undefined ? undefined : syncOptionsOf(live).options.prune) ?? options.prune;
}
