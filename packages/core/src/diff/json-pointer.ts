/** The unescaped members of a JSON pointer (RFC 6901). `/a~1b/0` → ['a/b', '0']; '' → []. */
export function pointerSegments(pointer: string): string[] {
  if (pointer === '') return [];
  const text = pointer.startsWith('/') ? pointer.slice(1) : pointer;
  return text.split('/').map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Joins members to a JSON pointer. */
export function formatPointer(segments: readonly (string | number)[]): string {
  return segments.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * The value without what is at `segments`; the value itself when nothing is there. Only the way to the removed member
 * is copied.
 */
export function withoutPath<T>(value: T, segments: readonly string[]): T {
  return removeAt(value, segments, 0) as T;
}

/** What is at `segments`, or undefined. */
export function valueAt(value: unknown, segments: readonly (string | number)[]): unknown {
  let current = value;
  for (const segment of segments) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, segment)) return undefined;
    current = (current as Record<string | number, unknown>)[segment];
  }
  return current;
}

function removeAt(value: unknown, segments: readonly string[], at: number): unknown {
  const segment = segments[at];
  if (segment === undefined || typeof value !== 'object' || value === null) return value;
  const isLast = at === segments.length - 1;
  if (Array.isArray(value)) {
    const index = /^\d+$/.test(segment) ? Number(segment) : -1;
    if (index < 0 || index >= value.length) return value;
    if (isLast) return value.toSpliced(index, 1);
    const item = removeAt(value[index], segments, at + 1);
    return item === value[index] ? value : value.with(index, item);
  }
  if (!Object.hasOwn(value, segment)) return value;
  const object = value as Record<string, unknown>;
  if (isLast) {
    const { [segment]: _, ...rest } = object;
    return rest;
  }
  const member = removeAt(object[segment], segments, at + 1);
  return member === object[segment] ? value : { ...object, [segment]: member };
}
