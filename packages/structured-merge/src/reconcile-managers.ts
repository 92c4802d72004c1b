import { childOf, emptyFieldSet, type FieldSet, isEmptySet, subtractSetsRecursively, unionSets } from './field-set.ts';
import type { ManagedFields, Managers } from './managers.ts';
import type { ValueType } from './schema.ts';

/**
 * Adapts recorded ownership to a schema that has made a map or list atomic since: who owned parts of it owns the whole.
 * The other direction keeps what is recorded, as upstream.
 */
export function reconcileManagers(type: ValueType, managers: Managers): Map<string, ManagedFields> {
  const reconciled = new Map<string, ManagedFields>();
  for (const [manager, entry] of managers) {
    const nowAtomic = emptyFieldSet();
    findNowAtomic(type, entry.set, nowAtomic);
    const set = isEmptySet(nowAtomic) ? entry.set : unionSets(subtractSetsRecursively(entry.set, nowAtomic), nowAtomic);
    reconciled.set(manager, set === entry.set ? entry : { ...entry, set });
  }
  return reconciled;
}

function findNowAtomic(type: ValueType, owned: FieldSet, found: FieldSet): boolean {
  if (owned.children.size === 0) return false;
  const declared = type.declared;
  if (declared === 'untyped' || declared.kind === 'scalar') return false;
  if (declared.kind === 'map' ? declared.atomic : declared.relation === 'atomic') {
    found.member = true;
    return true;
  }
  let any = false;
  for (const [element, child] of owned.children) {
    const childType = element.startsWith('f:') ? type.field(element.slice(2)) : type.item;
    const below = emptyFieldSet();
    if (!findNowAtomic(childType, child, below)) continue;
    const node = childOf(found, element);
    node.member = below.member;
    node.children = below.children;
    any = true;
  }
  return any;
}
