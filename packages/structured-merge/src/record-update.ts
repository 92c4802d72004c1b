import { emptyFieldSet, type FieldSet, isEmptySet, subtractSets, unionSets } from './field-set.ts';
import type { ManagedFields, Managers } from './managers.ts';
import { reconcileManagers } from './reconcile-managers.ts';
import type { ValueType } from './schema.ts';
import { transferOwnership } from './transfer-ownership.ts';

/** Ownership after a write that is not an apply: the writer owns exactly what it changed, on top of what it had. */
export function recordUpdate(request: {
  type: ValueType;
  live: unknown;
  next: unknown;
  managers: Managers;
  manager: string;
  ignored?: FieldSet;
}): Map<string, ManagedFields> {
  const { type, live, next, manager, ignored } = request;
  const before = reconcileManagers(type, request.managers);
  const { managers, changes } = transferOwnership({
    type,
    live,
    next,
    managers: before,
    manager,
    force: true,
    ...(ignored === undefined ? {} : { ignored }),
  });
  const changed = unionSets(changes.modified, changes.added);
  const kept = subtractSets(managers.get(manager)?.set ?? emptyFieldSet(), changes.removed);
  const set = unionSets(kept, changed);
  if (isEmptySet(set)) managers.delete(manager);
  else managers.set(manager, { set, applied: false });
  return managers;
}
