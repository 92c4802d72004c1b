import type { Application } from '../application/application.ts';
import { DEFAULT_DIFF_SETTINGS, type DiffSettings, type IgnoreRule } from '../diff/diff-settings.ts';
import { ANNOTATION_COMPARE_OPTIONS } from '../kubernetes/annotations.ts';
import { compareOptionsOf } from '../kubernetes/compare-options.ts';
import { parseSyncOptions } from '../kubernetes/sync-options.ts';
import type { Settings } from '../settings/settings.ts';

/**
 * What one application's diff is made with: its own rules in front of the system's, its annotation over the flag. Equal
 * input gives the identical object, on which the memos of the comparison rely.
 */
export function diffSettingsFor(application: Application, settings: Settings): DiffSettings {
  const known = remembered.get(settings) ?? new Map<string, DiffSettings>();
  remembered.set(settings, known);
  const key = JSON.stringify([
    application.spec.ignoreDifferences,
    application.metadata.annotations?.[ANNOTATION_COMPARE_OPTIONS],
    application.spec.syncPolicy?.syncOptions,
  ]);
  const result = known.get(key) ?? makeDiffSettings(application, settings);
  known.set(key, result);
  return result;
}

/** Goes with the settings; most applications share one entry. */
const remembered = new WeakMap<Settings, Map<string, DiffSettings>>();

function makeDiffSettings(application: Application, settings: Settings): DiffSettings {
  const own: IgnoreRule[] = (application.spec.ignoreDifferences ?? []).map((rule) => ({
    ...rule,
    group: rule.group ?? '',
    origin: 'application',
  }));
  const system = settings.customizations.flatMap(({ group, kind, ignoreDifferences }): IgnoreRule[] =>
    ignoreDifferences === undefined ? [] : [{ group, kind, ...ignoreDifferences, origin: 'system' }],
  );
  const { options } = compareOptionsOf(application);
  const { options: syncOptions } = parseSyncOptions(application.spec.syncPolicy?.syncOptions ?? [], 'application');
  return {
    ...DEFAULT_DIFF_SETTINGS,
    ignoreDifferences: [...own, ...system],
    ignoreAggregatedRoles: settings.compareOptions.ignoreAggregatedRoles,
    ignoreResourceStatusField: settings.compareOptions.ignoreResourceStatusField,
    knownTypeFields: [
      ...DEFAULT_DIFF_SETTINGS.knownTypeFields,
      ...settings.customizations.flatMap(({ group, kind, knownTypeFields }) =>
        (knownTypeFields ?? []).map((field) => ({ group, kind, ...field })),
      ),
    ],
    serverSideDiff: options.serverSideDiff ?? settings.serverSideDiff,
    includeMutationWebhook: options.includeMutationWebhook ?? false,
    clientSideApplyMigration: syncOptions.clientSideApplyMigration ?? true,
  };
}
