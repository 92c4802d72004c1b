import type { JsonPatchOperation } from '@lockstep/contract';

/** The document is no longer what the patch was made for; the caller must fetch it anew. */
export class PatchConflict extends Error {
  constructor(operation: JsonPatchOperation, reason: string) {
    super(`Cannot apply ${operation.op} ${operation.path || '/'}: ${reason}`);
    this.name = 'PatchConflict';
  }
}

/**
 * Applies operations and returns a new document that shares every untouched branch with the old one, so that
 * React and TanStack Query re-render only what moved. Libraries for RFC 6902 change the document in place.
 * @throws PatchConflict when a path does not exist
 */
export function applyPatch<T>(document: T, operations: readonly JsonPatchOperation[]): T {
  let result: unknown = document;
  for (const operation of operations) result = applyOne(result, operation);
  return result as T;
}

function applyOne(document: unknown, operation: JsonPatchOperation): unknown {
  switch (operation.op) {
    case 'add':
    case 'replace':
      return write(document, pointer(operation.path), operation, operation.value);
    case 'remove':
      return remove(document, pointer(operation.path), operation);
  }
}

/** The parts of a JSON pointer (RFC 6901). */
function pointer(path: string): string[] {
  if (path === '') return [];
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function write(document: unknown, path: string[], operation: JsonPatchOperation, value: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (!isContainer(document)) throw new PatchConflict(operation, `${head} has no parent`);
  if (rest.length > 0) {
    if (!Object.hasOwn(document, head)) throw new PatchConflict(operation, `no ${head}`);
    return withEntry(document, head, write((document as Record<string, unknown>)[head], rest, operation, value));
  }
  if (Array.isArray(document) && operation.op !== 'replace') {
    const index = head === '-' ? document.length : Number(head);
    if (!(index >= 0 && index <= document.length)) throw new PatchConflict(operation, `no index ${head}`);
    return [...document.slice(0, index), value, ...document.slice(index)];
  }
  return withEntry(document, head, value);
}

function remove(document: unknown, path: string[], operation: JsonPatchOperation): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return undefined;
  if (!isContainer(document) || !Object.hasOwn(document, head)) throw new PatchConflict(operation, `no ${head}`);
  if (rest.length > 0)
    return withEntry(document, head, remove((document as Record<string, unknown>)[head], rest, operation));
  if (Array.isArray(document)) return document.filter((_, index) => index !== Number(head));
  const { [head]: _removed, ...kept } = document as Record<string, unknown>;
  return kept;
}

function withEntry(container: object, key: string, value: unknown): unknown {
  if (Array.isArray(container)) return container.map((item, index) => (index === Number(key) ? value : item));
  return { ...container, [key]: value };
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
