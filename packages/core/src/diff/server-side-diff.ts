import { equalJson, isJsonObject, type JsonObject } from '@lockstep/structured-merge';
import type { KubernetesObject, ManagedFieldsEntry } from '../kubernetes/object.ts';

/**
 * A dry run's answer without what admission webhooks (and defaulting) changed on their own: a field that differs from the
 * live object counts only when our apply owns it after the dry run, or owned it before and gave it up. Everything else is
 * put back to its live value. Fields are owned as `metadata.managedFields` says, so no schema is needed.
 */
export function removeWebhookMutation(input: {
  target: KubernetesObject;
  live: KubernetesObject;
  dryRun: KubernetesObject;
  fieldManager: string;
  /** Managers whose fields count as ours in the live object. */
  legacy?: readonly string[];
}): KubernetesObject {
  const { target, live, dryRun, fieldManager, legacy = [] } = input;
  const now = ownedFields(dryRun.metadata.managedFields, (entry) => isOurApply(entry, fieldManager));
  const before = ownedFields(
    live.metadata.managedFields,
    (entry) =>
      isOurApply(entry, fieldManager) || (entry.operation === 'Update' && legacy.includes(entry.manager ?? '')),
  );
  if (now === undefined) return dryRun;
  const result = ours(dryRun, live, target, now, before) as KubernetesObject;
  return { ...result, metadata: { ...result.metadata, ...bookkeeping(dryRun) } };
}

function bookkeeping(dryRun: KubernetesObject): Partial<KubernetesObject['metadata']> {
  const { managedFields, generation } = dryRun.metadata;
  return { ...(managedFields ? { managedFields } : {}), ...(generation === undefined ? {} : { generation }) };
}

function isOurApply(entry: ManagedFieldsEntry, fieldManager: string): boolean {
  return entry.manager === fieldManager && entry.operation === 'Apply';
}

/** A FieldsV1 node. An empty one owns its whole value. */
type Fields = JsonObject;

function ownedFields(
  entries: ManagedFieldsEntry[] | undefined,
  counts: (entry: ManagedFieldsEntry) => boolean,
): Fields | undefined {
  let owned: Fields | undefined;
  for (const entry of entries ?? []) {
    if (entry.fieldsV1 === undefined || !counts(entry)) continue;
    owned = owned === undefined ? entry.fieldsV1 : unionFields(owned, entry.fieldsV1);
  }
  return owned;
}

function unionFields(a: Fields, b: Fields): Fields {
  const union: Fields = { ...a };
  for (const [element, child] of Object.entries(b)) {
    const other = union[element];
    union[element] = isJsonObject(other) && isJsonObject(child) ? unionFields(other, child) : child;
  }
  return union;
}

/** The value at one place: from `next` (the dry run) where it is ours, else from `live`. */
function ours(
  next: unknown,
  live: unknown,
  target: unknown,
  now: Fields | undefined,
  before: Fields | undefined,
): unknown {
  if (now === undefined && before === undefined) return live;
  if (equalJson(next, live)) return live;
  if (isJsonObject(next) || isJsonObject(live)) {
    if (isWhole(now, target)) return next;
    // The place itself is ours (`{}` in Git, or nothing any more); what others put below it is not.
    return objectOurs(asObject(next), asObject(live), asObject(target), now, before, next !== undefined);
  }
  if ((Array.isArray(next) || Array.isArray(live)) && hasItems(now, before)) {
    return listOurs(asList(next), asList(live), asList(target), now, before, next !== undefined);
  }
  return now !== undefined || next === undefined ? next : live;
}

/** An empty node owns the whole value, unless Git has an empty map there: then it owns only that the map exists. */
function isWhole(node: Fields | undefined, target: unknown): boolean {
  if (node === undefined || Object.keys(node).length > 0) return false;
  return !isJsonObject(target) || Object.keys(target).length > 0;
}

function objectOurs(
  next: JsonObject,
  live: JsonObject,
  target: JsonObject,
  now: Fields | undefined,
  before: Fields | undefined,
  isPresent: boolean,
): JsonObject | undefined {
  const entries: [string, unknown][] = [];
  for (const key of new Set([...Object.keys(live), ...Object.keys(next)])) {
    const element = `f:${key}`;
    const value = ours(own(next, key), own(live, key), own(target, key), child(now, element), child(before, element));
    if (value !== undefined) entries.push([key, value]);
  }
  return entries.length === 0 && !isPresent ? undefined : Object.fromEntries(entries);
}

function listOurs(
  next: unknown[],
  live: unknown[],
  target: unknown[],
  now: Fields | undefined,
  before: Fields | undefined,
  isPresent: boolean,
): unknown[] | undefined {
  const keys = itemKeys(now) ?? itemKeys(before);
  const elementOf = (item: unknown): string =>
    keys === undefined ? `v:${JSON.stringify(item)}` : identityOf(item, keys);
  const liveByElement = new Map(live.map((item) => [elementOf(item), item]));
  const targetByElement = new Map(target.map((item) => [elementOf(item), item]));
  const nowByElement = elements(now, keys);
  const beforeByElement = elements(before, keys);

  const result: unknown[] = [];
  const seen = new Set<string>();
  for (const item of next) {
    const element = elementOf(item);
    seen.add(element);
    const value = ours(
      item,
      liveByElement.get(element),
      targetByElement.get(element),
      nowByElement.get(element),
      beforeByElement.get(element),
    );
    if (value !== undefined) result.push(value);
  }
  for (const item of live) {
    const element = elementOf(item);
    if (!seen.has(element) && beforeByElement.get(element) === undefined) result.push(item);
  }
  return result.length === 0 && !isPresent ? undefined : result;
}

function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function child(node: Fields | undefined, element: string): Fields | undefined {
  const value = node?.[element];
  return isJsonObject(value) ? value : undefined;
}

function hasItems(...nodes: (Fields | undefined)[]): boolean {
  return nodes.some((node) =>
    Object.keys(node ?? {}).some((element) => element.startsWith('k:') || element.startsWith('v:')),
  );
}

/** The merge keys of a list, from the elements that identify its items; undefined for a set of scalars. */
function itemKeys(node: Fields | undefined): string[] | undefined {
  const element = Object.keys(node ?? {}).find((candidate) => candidate.startsWith('k:'));
  return element === undefined ? undefined : Object.keys(parseElement(element)).sort();
}

function elements(node: Fields | undefined, keys: string[] | undefined): Map<string, Fields> {
  const byElement = new Map<string, Fields>();
  for (const [element, value] of Object.entries(node ?? {})) {
    if (!isJsonObject(value)) continue;
    if (element.startsWith('v:') && keys === undefined) byElement.set(element, value);
    if (element.startsWith('k:') && keys !== undefined) byElement.set(identityOf(parseElement(element), keys), value);
  }
  return byElement;
}

function parseElement(element: string): JsonObject {
  const parsed: unknown = JSON.parse(element.slice(2));
  return isJsonObject(parsed) ? parsed : {};
}

function identityOf(item: unknown, keys: readonly string[]): string {
  const object = asObject(item);
  return JSON.stringify(keys.map((key) => object[key] ?? null));
}

function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
