import { compareValues, type FieldChanges } from './compare-values.ts';
import {
  type FieldSet,
  intersectSets,
  isEmptySet,
  subtractSets,
  subtractSetsRecursively,
  unionSets,
} from './field-set.ts';
import { type FieldConflict, FieldConflictError, type ManagedFields, type Managers } from './managers.ts';
import type { ValueType } from './schema.ts';

/**
 * Takes the fields that differ between `live` and `next` away from every manager but `manager`. Throws
 * FieldConflictError when someone else owns one of them and `force` is not set. Removed fields never conflict, and
 * `ignored` fields (with all below them) count as unchanged.
 */
export function transferOwnership(request: {
  type: ValueType;
  live: unknown;
  next: unknown;
  managers: Managers;
  manager: string;
  force: boolean;
  ignored?: FieldSet;
}): { managers: Map<string, ManagedFields>; changes: FieldChanges } {
  const { type, live, next, manager, force, ignored } = request;
  const managers = new Map(request.managers);
  const changes = excludeFields(compareValues(type, live, next), ignored);
  const changed = unionSets(changes.modified, changes.added);
  const conflicts: FieldConflict[] = [];
  for (const [other, entry] of managers) {
    if (other === manager) continue;
    const fields = intersectSets(entry.set, changed);
    if (!isEmptySet(fields)) conflicts.push({ manager: other, fields });
  }
  if (!force && conflicts.length > 0) throw new FieldConflictError(conflicts);
  for (const { manager: loser, fields } of conflicts) {
    const entry = managers.get(loser);
    if (entry !== undefined) managers.set(loser, { ...entry, set: subtractSets(entry.set, fields) });
  }
  for (const [other, entry] of managers) {
    const set = other === manager ? entry.set : subtractSets(entry.set, changes.removed);
    if (isEmptySet(set)) managers.delete(other);
    else if (set !== entry.set) managers.set(other, { ...entry, set });
  }
  return { managers, changes };
}

function excludeFields(changes: FieldChanges, ignored: FieldSet | undefined): FieldChanges {
  if (ignored === undefined) return changes;
  return {
    added: subtractSetsRecursively(changes.added, ignored),
    modified: subtractSetsRecursively(changes.modified, ignored),
    removed: subtractSetsRecursively(changes.removed, ignored),
  };
}
