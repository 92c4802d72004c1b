import { isJsonObject, type JsonObject, type ValueType } from '@lockstep/structured-merge';
import { builtInType } from '../documents.ts';
import { canonicalQuantity } from './canonical-quantity.ts';

/** Rewrites every quantity of a built-in object in place. Text that is no quantity is left for validation to refuse. */
export function canonicalizeQuantities(object: JsonObject): void {
  const apiVersion = String(object['apiVersion'] ?? '');
  const slash = apiVersion.indexOf('/');
  const type = builtInType({
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind: String(object['kind'] ?? ''),
  });
  if (type !== undefined) rewrite(object, type);
}

function rewrite(value: unknown, type: ValueType): void {
  if (Array.isArray(value)) {
    const { item } = type;
    for (const [index, element] of value.entries()) {
      if (isQuantity(item)) value[index] = canonical(element);
      else rewrite(element, item);
    }
    return;
  }
  if (!isJsonObject(value) || type.schema === undefined) return;
  for (const [key, field] of Object.entries(value)) {
    const fieldType = type.field(key);
    if (isQuantity(fieldType)) value[key] = canonical(field);
    else if (field !== null && typeof field === 'object') rewrite(field, fieldType);
  }
}

function isQuantity(type: ValueType): boolean {
  const options = type.schema?.['oneOf'];
  return Array.isArray(options) && options.some((option) => isJsonObject(option) && option['type'] === 'number');
}

function canonical(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value;
  return canonicalQuantity(String(value)) ?? value;
}
