import { dropNulls } from './drop-nulls.ts';
import { ensureNamedFieldsAreMembers } from './ensure-named-fields.ts';
import {
  emptyFieldSet,
  type FieldSet,
  intersectSets,
  isEmptySet,
  subtractSets,
  subtractSetsRecursively,
  unionSets,
} from './field-set.ts';
import { equalJson } from './json.ts';
import type { ManagedFields, Managers } from './managers.ts';
import { mergeValues } from './merge-values.ts';
import { reconcileManagers } from './reconcile-managers.ts';
import { removeItems } from './remove-items.ts';
import type { ValueType } from './schema.ts';
import { toFieldSet } from './to-field-set.ts';
import { transferOwnership } from './transfer-ownership.ts';

/** What applying a configuration gives. */
export interface AppliedConfiguration {
  /** Null when nothing is left. */
  object: unknown;
  managers: Map<string, ManagedFields>;
  /** True when the object differs from the live one, be it in order only. Ownership may change without it. */
  isObjectChanged: boolean;
}

/**
 * Server-side apply on plain values: merges `config` over `live`, removes what this manager applied before and now
 * leaves out (unless someone else owns it), and moves ownership. `ignored` fields change owners of nothing.
 * Throws FieldConflictError, unless `force`, and SchemaError.
 */
export function applyConfiguration(request: {
  type: ValueType;
  live: unknown;
  config: unknown;
  managers: Managers;
  manager: string;
  force: boolean;
  ignored?: FieldSet;
  /** What an API server before 1.35 does with containers that lose all content is `null`. */
  emptied?: 'kept' | 'null';
}): AppliedConfiguration {
  const { type, live, config, manager, force, ignored, emptied = 'null' } = request;
  const managers = reconcileManagers(type, request.managers);
  const lastSet = managers.get(manager)?.set;
  const configSet = toFieldSet(type, config);
  const set = ignored === undefined ? configSet : subtractSetsRecursively(configSet, ignored);
  managers.set(manager, { set, applied: true });

  const merged = mergeValues(type, live, config) ?? {};
  // Applying every field of last time again removes nothing, and looking for it would take most of the time.
  const removal =
    lastSet === undefined || isEmptySet(subtractSets(lastSet, set))
      ? undefined
      : removedFields({ type, merged, managers, lastSet, emptied });
  const next = removal === undefined ? merged : (removeItems(type, merged, removal, emptied) ?? {});
  const transferred = transferOwnership({
    type,
    live,
    next,
    managers,
    manager,
    force,
    ...(ignored === undefined ? {} : { ignored }),
  });
  const object =
    removal === undefined
      ? merged
      : (removeItems(type, merged, removal, emptied === 'null' ? 'dropped' : emptied) ?? null);
  const settled = dropNulls(type, object);
  return { object: settled, managers: transferred.managers, isObjectChanged: !equalJson(settled, live) };
}

/**
 * What pruning removes from the merged object: everything applied last time, put back where any manager owns it, and
 * put back where it is only below something removed without ever having been applied.
 */
function removedFields(facts: {
  type: ValueType;
  merged: unknown;
  managers: Managers;
  lastSet: FieldSet;
  emptied: 'kept' | 'null';
}): FieldSet {
  const { type, merged, managers, lastSet, emptied } = facts;
  const named = (set: FieldSet) => ensureNamedFieldsAreMembers(type, set);
  const mergedSet = named(toFieldSet(type, merged));
  const last = named(lastSet);

  const withoutLast = removeItems(type, merged, last, emptied) ?? {};
  let owned = emptyFieldSet();
  for (const entry of managers.values()) owned = unionSets(owned, entry.set);
  const unowned = subtractSets(mergedSet, unionSets(named(toFieldSet(type, withoutLast)), named(owned)));

  const withOwned = removeItems(type, merged, unowned, emptied) ?? {};
  return intersectSets(subtractSets(mergedSet, named(toFieldSet(type, withOwned))), last);
}
