import type { JsonPatchOperation } from '@lockstep/contract';

/**
 * The RFC 6902 patch from one JSON value to another. Made for what changes little at a time: objects are compared field
 * by field, lists by what their beginnings and ends share, so that it takes linear time. Where a list changed throughout
 * it is replaced: a shorter patch is not worth comparing each item with every other.
 */
export function diffJson(before: unknown, after: unknown): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  diffValue(before, after, '', operations);
  return operations;
}

function diffValue(before: unknown, after: unknown, path: string, operations: JsonPatchOperation[]): void {
  if (before === after) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    diffList(before, after, path, operations);
  } else if (isRecord(before) && isRecord(after)) {
    diffRecord(before, after, path, operations);
  } else {
    operations.push({ op: 'replace', path, value: after });
  }
}

function diffRecord(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  path: string,
  operations: JsonPatchOperation[],
): void {
  for (const key of Object.keys(before)) {
    if (before[key] !== undefined && after[key] === undefined)
      operations.push({ op: 'remove', path: `${path}/${escapeKey(key)}` });
  }
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const below = `${path}/${escapeKey(key)}`;
    if (before[key] === undefined) operations.push({ op: 'add', path: below, value });
    else diffValue(before[key], value, below, operations);
  }
}

function diffList(before: unknown[], after: unknown[], path: string, operations: JsonPatchOperation[]): void {
  if (before.length === after.length) {
    for (const [index, item] of before.entries()) diffValue(item, after[index], `${path}/${index}`, operations);
    return;
  }
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && isEqual(before[start], after[start])) start += 1;
  let end = 0;
  while (end < shorter - start && isEqual(before[before.length - 1 - end], after[after.length - 1 - end])) end += 1;
  const removed = before.length - end - start;
  const added = after.slice(start, after.length - end);
  if (removed > 0 && added.length > 0) {
    operations.push({ op: 'replace', path, value: after });
    return;
  }
  for (let index = start + removed - 1; index >= start; index -= 1)
    operations.push({ op: 'remove', path: `${path}/${index}` });
  for (const [index, value] of added.entries()) operations.push({ op: 'add', path: `${path}/${start + index}`, value });
}

function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]))
    );
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a).filter((key) => a[key] !== undefined);
  const others = Object.keys(b).filter((key) => b[key] !== undefined);
  return keys.length === others.length && keys.every((key) => isEqual(a[key], b[key]));
}

/** One segment of a JSON pointer. */
export function escapeKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
