import type { ValueType } from '@lockstep/structured-merge';
import { messageOf, packageOf } from '../protobuf/message-table.ts';

const absentByComponent = new Map<string, ReadonlySet<string>>();

/**
 * True when the API server does not store a field of a built-in struct that is false, zero or '': in Go the field is a
 * plain value that JSON omits, as opposed to a pointer or a field that is always written. OpenAPI does not tell the two
 * apart, the protobuf tables do; for types without a table the answer is false.
 */
export function isAbsentWhenZero(owner: ValueType, field: string): boolean {
  const { component } = owner;
  if (component === undefined) return false;
  let absent = absentByComponent.get(component);
  if (absent === undefined) {
    absent = absentWhenZero(component);
    absentByComponent.set(component, absent);
  }
  return absent.has(field);
}

/** `io.k8s.api.core.v1.PodSpec` is the message PodSpec of the core table. */
function absentWhenZero(component: string): ReadonlySet<string> {
  const match = /^io\.k8s\.(?:api|apimachinery\.pkg\.apis)\.(\w+)\.(v\d+)\.(\w+)$/.exec(component);
  const [, group = '', version = '', name = ''] = match ?? [];
  const names = new Set<string>();
  if (match === null) return names;
  const packageName = group === 'meta' ? 'meta' : packageOf(group === 'core' ? '' : group, version);
  if (packageName !== undefined) collect(packageName, name, names);
  return names;
}

function collect(packageName: string, name: string, names: Set<string>): void {
  for (const field of messageOf(packageName, name)?.values() ?? []) {
    if (field.name === '+') {
      const dot = field.type.indexOf('.');
      collect(dot < 0 ? packageName : field.type.slice(0, dot), field.type.slice(dot + 1), names);
    } else if (['s', 'i', 'b', 'd'].includes(field.type) && !field.isKeptWhenZero) {
      names.add(field.name);
    }
  }
}
