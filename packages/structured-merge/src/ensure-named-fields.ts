import { type FieldSet, isEmptySet } from './field-set.ts';
import type { ValueType } from './schema.ts';

/** Makes the declared struct fields on the way to a member members too, so that removing a struct removes its field. */
export function ensureNamedFieldsAreMembers(type: ValueType, set: FieldSet): FieldSet {
  const result: FieldSet = { member: set.member, children: new Map() };
  for (const [element, child] of set.children) {
    const name = element.slice(2);
    const isField = element.startsWith('f:');
    const isDeclared = isField && Object.hasOwn(type.schema?.properties ?? {}, name);
    const childType = isField ? type.field(name) : type.item;
    const named = ensureNamedFieldsAreMembers(childType, child);
    if (isDeclared && [...child.children.values()].some((below) => !isEmptySet(below))) named.member = true;
    result.children.set(element, named);
  }
  return result;
}
