import type { Application } from '../application/application.ts';

/** These alone are no reason to write: an idle application causes no request. */
const CLOCKS = new Set(['reconciledAt', 'observedAt']);

/**
 * The JSON merge patch that turns the stored Application into `after`: status, operation, annotations, finalizers and the
 * project, changed fields only. Undefined when nothing changed. It carries the resourceVersion of `before`: what somebody
 * else wrote since (an operation, a finalizer, a termination) must not be lost.
 */
export function statusPatch(before: Application, after: Application): Record<string, unknown> | undefined {
  const status = mergePatchOf(before.status ?? {}, after.status ?? {}) as Record<string, unknown> | undefined;
  const metadata = metadataPatch(before, after);
  const patch: Record<string, unknown> = {
    ...(metadata === undefined ? {} : { metadata }),
    ...(before.spec.project === after.spec.project ? {} : { spec: { project: after.spec.project } }),
    ...(before.operation !== undefined && after.operation === undefined ? { operation: null } : {}),
  };
  const isStatusChanged = status !== undefined && Object.keys(status).some((key) => !CLOCKS.has(key));
  if (isStatusChanged || (Object.keys(patch).length > 0 && status !== undefined)) patch['status'] = status;
  if (Object.keys(patch).length === 0) return undefined;
  const { resourceVersion } = before.metadata;
  return resourceVersion === undefined ? patch : { ...patch, metadata: { ...metadata, resourceVersion } };
}

function metadataPatch(before: Application, after: Application): Record<string, unknown> | undefined {
  const annotations = mergePatchOf(before.metadata.annotations ?? {}, after.metadata.annotations ?? {});
  const finalizers = mergePatchOf(before.metadata.finalizers ?? [], after.metadata.finalizers ?? []);
  if (annotations === undefined && finalizers === undefined) return undefined;
  return {
    ...(annotations === undefined ? {} : { annotations }),
    ...(finalizers === undefined ? {} : { finalizers }),
  };
}

/** RFC 7386 in reverse: members that differ, null for those that are gone; undefined when both are equal. */
export function mergePatchOf(before: unknown, after: unknown): unknown {
  if (!isRecord(before) || !isRecord(after)) return isEqual(before, after) ? undefined : after;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) {
    if (after[key] === undefined && before[key] !== undefined) patch[key] = null;
  }
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const change = key in before ? mergePatchOf(before[key], value) : value;
    if (change !== undefined) patch[key] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a).filter((key) => a[key] !== undefined);
  return (
    keys.length === Object.keys(b).filter((key) => b[key] !== undefined).length &&
    keys.every((key) => isEqual(a[key], b[key]))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
