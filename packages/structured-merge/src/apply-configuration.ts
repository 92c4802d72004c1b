import { isUnchanged } from './compare-values.ts';
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
  /** True when the object differs from the live one. Ownership may change without it. */
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
}): AppliedConfiguration {
  const { type, live, config, manager, force, ignored } = request;
  const managers = reconcileManagers(type, request.managers);
  const lastSet = managers.get(manager)?.set;
  const configSet = toFieldSet(type, config);
  const set = ignored === undefined ? configSet : subtractSetsRecursively(configSet, ignored);
  managers.set(manager, { set, applied: true });

  const merged = mergeValues(type, live, config) ?? {};
  const removal = isEmptySet(lastSet) ? undefined : removedFields(type, merged, managers, lastSet as FieldSet);
  const next = removal === undefined ? merged : (removeItems(type, merged, removal) ?? {});
  const transferred = transferOwnership({
    type,
    live,
    next,
    managers,
    manager,
    force,
    ...(ignored === undefined ? {} : { ignored }),
  });
  const object = removal === undefined ? merged : (removeItems(type, merged, removal, { dropEmptied: true }) ?? null);
  return {
    object: dropNulls(type, object),
    managers: transferred.managers,
    isObjectChanged: !isUnchanged(transferred.changes),
  };
}

/**
 * What pruning removes from the merged object: everything applied last time, put back where any manager owns it, and
 * put back where it is only below something removed without ever having been applied.
 */
function removedFields(type: ValueType, merged: unknown, managers: Managers, lastSet: FieldSet): FieldSet {
  const named = (set: FieldSet) => ensureNamedFieldsAreMembers(type, set);
  const mergedSet = named(toFieldSet(type, merged));
  const last = named(lastSet);

  const withoutLast = removeItems(type, merged, last) ?? {};
  let owned = emptyFieldSet();
  for (const entry of managers.values()) owned = unionSets(owned, entry.set);
  const unowned = subtractSets(mergedSet, unionSets(named(toFieldSet(type, withoutLast)), named(owned)));

  const withOwned = removeItems(type, merged, unowned) ?? {};
  return intersectSets(subtractSets(mergedSet, named(toFieldSet(type, withOwned))), last);
}
