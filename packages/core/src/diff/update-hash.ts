import { contentHash } from '../kubernetes/content-hash.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { customizationsFor } from '../settings/parse-settings.ts';
import type { Settings } from '../settings/settings.ts';
import { pointerSegments, withoutPath } from './json-pointer.ts';

/** What of an object of one kind changes without anybody having to look. */
export interface UpdateRules {
  jsonPointers: readonly string[];
  jqPathExpressions: readonly string[];
}

/**
 * The rules of `ignoreResourceUpdates` for a kind, with those of the system-wide `ignoreDifferences` unless
 * `ignoreDifferencesOnResourceUpdates` is off; undefined when `resource.ignoreResourceUpdatesEnabled` is off: then every
 * event counts.
 */
export function updateRulesFor(settings: Settings, kind: { group: string; kind: string }): UpdateRules | undefined {
  if (!settings.ignoreResourceUpdatesEnabled) return undefined;
  const known = remembered.get(settings) ?? new Map<string, UpdateRules>();
  remembered.set(settings, known);
  const id = `${kind.group}/${kind.kind}`;
  const rules = known.get(id) ?? readRules(settings, kind);
  known.set(id, rules);
  return rules;
}

const remembered = new WeakMap<Settings, Map<string, UpdateRules>>();

function readRules(settings: Settings, kind: { group: string; kind: string }): UpdateRules {
  const fields = customizationsFor(settings, kind).flatMap(({ ignoreResourceUpdates, ignoreDifferences }) => [
    ignoreResourceUpdates,
    settings.compareOptions.ignoreDifferencesOnResourceUpdates ? ignoreDifferences : undefined,
  ]);
  return {
    jsonPointers: fields.flatMap((field) => field?.jsonPointers ?? []),
    jqPathExpressions: fields.flatMap((field) => field?.jqPathExpressions ?? []),
  };
}

/**
 * Equal hashes: nothing happened that anybody has to look at. Versions, generation and managed fields never count. The jq
 * expressions of the rules are left to the caller, who needs to wait for them.
 */
export function updateHash(object: KubernetesObject, rules: Pick<UpdateRules, 'jsonPointers'>): string {
  const { resourceVersion: _version, generation: _generation, managedFields: _managers, ...metadata } = object.metadata;
  let rest: KubernetesObject = { ...object, metadata };
  for (const pointer of rules.jsonPointers) {
    const segments = pointerSegments(pointer);
    if (segments.length > 0) rest = withoutPath(rest, segments);
  }
  return contentHash(rest);
}
