import { equalJson, isJsonObject, type JsonObject, setValue } from './json.ts';
import { PatchError } from './patch-error.ts';

/** One operation of RFC 6902. */
export interface JsonPatchOperation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string;
  from?: string;
  value?: unknown;
}

/** RFC 6902 on a copy of the value. Throws PatchError (422) for a path that is not there or a test that fails. */
export function jsonPatch(value: unknown, operations: JsonPatchOperation[]): unknown {
  const root = { document: structuredClone(value) };
  for (const operation of operations) applyOperation(root, operation);
  return root.document;
}

interface Root {
  document: unknown;
}

function applyOperation(root: Root, operation: JsonPatchOperation): void {
  switch (operation.op) {
    case 'add':
      put(root, operation.path, structuredClone(operation.value), 'insert');
      return;
    case 'replace':
      read(root, operation.path);
      put(root, operation.path, structuredClone(operation.value), 'overwrite');
      return;
    case 'remove':
      take(root, operation.path);
      return;
    case 'copy':
      put(root, operation.path, structuredClone(read(root, operation.from ?? '')), 'insert');
      return;
    case 'move':
      put(root, operation.path, take(root, operation.from ?? ''), 'insert');
      return;
    case 'test':
      if (!equalJson(readOrNull(root, operation.path), operation.value ?? null)) {
        throw new PatchError(`testing value ${operation.path} failed`, 422);
      }
      return;
    default:
      throw new PatchError(`unexpected kind: ${String((operation as { op: unknown }).op)}`);
  }
}

function segmentsOf(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw new PatchError(`path must start with "/": ${pointer}`);
  return pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function missing(pointer: string): PatchError {
  return new PatchError(`doc is missing path: ${pointer}: missing value`, 422);
}

function step(container: unknown, segment: string): unknown {
  if (Array.isArray(container)) return /^(0|[1-9][0-9]*)$/.test(segment) ? container[Number(segment)] : undefined;
  return isJsonObject(container) && Object.hasOwn(container, segment) ? container[segment] : undefined;
}

function read(root: Root, pointer: string): unknown {
  let value = root.document;
  for (const segment of segmentsOf(pointer)) {
    value = step(value, segment);
    if (value === undefined) throw missing(pointer);
  }
  return value;
}

function readOrNull(root: Root, pointer: string): unknown {
  let value = root.document;
  for (const segment of segmentsOf(pointer)) value = step(value, segment);
  return value ?? null;
}

function containerOf(root: Root, pointer: string): { container: unknown[] | JsonObject; key: string } | undefined {
  const segments = segmentsOf(pointer);
  const key = segments.pop();
  if (key === undefined) return undefined;
  let container = root.document;
  for (const segment of segments) container = step(container, segment);
  if (!Array.isArray(container) && !isJsonObject(container)) throw missing(pointer);
  return { container, key };
}

function put(root: Root, pointer: string, value: unknown, mode: 'insert' | 'overwrite'): void {
  const target = containerOf(root, pointer);
  if (target === undefined) {
    root.document = value;
    return;
  }
  const { container, key } = target;
  if (!Array.isArray(container)) {
    setValue(container, key, value);
    return;
  }
  const index = key === '-' ? container.length : Number(key);
  if (!Number.isInteger(index) || index < 0 || index > container.length) {
    throw new PatchError(`index ${key} of ${pointer} is out of bounds`, 422);
  }
  container.splice(index, mode === 'insert' ? 0 : 1, value);
}

function take(root: Root, pointer: string): unknown {
  const value = read(root, pointer);
  const target = containerOf(root, pointer);
  if (target === undefined) throw new PatchError('the whole document cannot be removed', 422);
  const { container, key } = target;
  if (Array.isArray(container)) container.splice(Number(key), 1);
  else delete container[key];
  return value;
}
