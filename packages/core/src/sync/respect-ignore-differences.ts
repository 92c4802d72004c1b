import {
  emptyFieldSet,
  equalJson,
  type FieldSet,
  fieldElement,
  fieldSetFromFieldsV1,
  isEmptySet,
  isJsonObject,
  itemElement,
  type JsonObject,
  subtractSets,
  unionSets,
  untyped,
  type ValueType,
} from '@lockstep/structured-merge';
import type { DiffSettings } from '../diff/diff-settings.ts';
import { rulesFor } from '../diff/diff-settings.ts';
import { ignoreByJq, ignoreDifferences, needsJq } from '../diff/ignore-differences.ts';
import type { JqEvaluator } from '../diff/jq.ts';
import { migratedManagedFields } from '../diff/legacy-managers.ts';
import { itemIdentity, mergeKeysOf } from '../diff/merge-keys.ts';
import { FIELD_MANAGER } from '../kubernetes/annotations.ts';
import type { KubernetesObject, ManagedFieldsEntry } from '../kubernetes/object.ts';
import { resourceKeyOf } from '../kubernetes/resource-key.ts';

/**
 * The target for `RespectIgnoreDifferences=true`, which leaves every field alone that a rule ignores.
 *
 * A server-side apply leaves alone what it does not name, so an ignored field is left out, and whoever owns it goes on
 * owning it. It is named, with the live value, only where leaving it out would remove it: where we are its only owner, or
 * where the map or list around it is merged as a whole. A replacement has to name all of it. Items of lists are told
 * apart by the keys of the schema, else by those that are usual. `status` is never copied.
 */
export async function respectIgnoreDifferences(
  target: KubernetesObject,
  live: KubernetesObject,
  context: {
    settings: DiffSettings;
    jq: JqEvaluator | undefined;
    type?: ValueType | undefined;
    /** The object is replaced, and not applied. */
    replaces: boolean;
    /** What was applied on the client becomes ours before the apply. */
    migrates: boolean;
  },
): Promise<KubernetesObject> {
  const rules = rulesFor(context.settings, resourceKeyOf(target));
  if (rules.length === 0) return target;
  let rest = ignoreDifferences({ live, predicted: target }, rules, { live, type: context.type });
  if (context.jq !== undefined && needsJq(rules)) rest = await ignoreByJq(rest, rules, context.jq);
  const result = restored(
    { target, targetRest: rest.predicted, live: withoutStatus(live), liveRest: withoutStatus(rest.live) },
    context.type ?? untyped,
    context.replaces ? WHOLE : ownershipOf(target, live, context.migrates),
  ) as KubernetesObject;
  if (equalJson(result, target)) return target;
  const { name, namespace } = target.metadata;
  return {
    ...result,
    apiVersion: target.apiVersion,
    kind: target.kind,
    metadata: {
      ...result.metadata,
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
    },
  };
}

/** One value as Git and the cluster have it, each with and without what the rules ignore. */
interface Sides {
  target: unknown;
  targetRest: unknown;
  live: unknown;
  liveRest: unknown;
}

/** Which fields of a value would go if the apply did not name them, and which anybody owns at all. */
interface Ownership {
  ours: FieldSet;
  anybody: FieldSet;
}

/** Everything has to be named. */
const WHOLE = 'whole';

function ownershipOf(target: KubernetesObject, live: KubernetesObject, migrates: boolean): Ownership {
  const migrated = migrates ? migratedManagedFields({ target, live, fieldManager: FIELD_MANAGER }) : undefined;
  const entries = migrated ?? live.metadata.managedFields ?? [];
  const isOurs = ({ manager, operation, subresource = '' }: ManagedFieldsEntry): boolean =>
    manager === FIELD_MANAGER && operation === 'Apply' && subresource === '';
  const ours = fieldsOf(entries.filter(isOurs));
  const others = fieldsOf(entries.filter((entry) => !isOurs(entry)));
  return { ours: subtractSets(ours, others), anybody: unionSets(ours, others) };
}

function fieldsOf(entries: readonly ManagedFieldsEntry[]): FieldSet {
  return entries.reduce(
    (set, { fieldsV1 }) => (fieldsV1 === undefined ? set : unionSets(set, fieldSetFromFieldsV1(fieldsV1))),
    emptyFieldSet(),
  );
}

/** What to send for a value. */
function restored(sides: Sides, type: ValueType, owned: Ownership | typeof WHOLE, name = ''): unknown {
  const { target, targetRest, live, liveRest } = sides;
  if (equalJson(live, liveRest)) return targetRest;
  const whole = owned === WHOLE || isMergedWhole(live, type, owned) ? WHOLE : owned;
  if (isJsonObject(live) && isJsonObject(liveRest)) {
    return restoredMap({ target: asMap(target), targetRest: asMap(targetRest), live, liveRest }, type, whole);
  }
  if (Array.isArray(live) && Array.isArray(liveRest)) {
    return restoredList({ target: asList(target), targetRest: asList(targetRest), live, liveRest }, type, whole, name);
  }
  return targetRest;
}

/** Maps and lists that the API server takes as one value. Without a schema its own notes tell. */
function isMergedWhole(live: unknown, type: ValueType, { anybody }: Ownership): boolean {
  const shape = type.shapeOf(live);
  if (type !== untyped && shape.kind === 'map') return shape.atomic;
  if (type !== untyped && shape.kind === 'list') return shape.relation === 'atomic';
  return anybody.member && anybody.children.size === 0;
}

interface MapSides extends Sides {
  target: JsonObject;
  targetRest: JsonObject;
  live: JsonObject;
  liveRest: JsonObject;
}

function restoredMap(sides: MapSides, type: ValueType, owned: Ownership | typeof WHOLE): JsonObject {
  const { target, targetRest, live, liveRest } = sides;
  const result: JsonObject = { ...targetRest };
  const shape = type.shapeOf(live);
  for (const [key, value] of Object.entries(live)) {
    const below = ownershipBelow(owned, fieldElement(key));
    const isIgnored = !Object.hasOwn(liveRest, key);
    const sent = !isIgnored
      ? restored(
          { target: target[key], targetRest: targetRest[key], live: value, liveRest: liveRest[key] },
          shape.kind === 'map' ? shape.field(key) : untyped,
          below,
          key,
        )
      : ownPart(value, below);
    if (sent !== undefined && (isIgnored || Object.hasOwn(targetRest, key) || !isHollow(sent))) result[key] = sent;
    else delete result[key];
  }
  return result;
}

interface ListSides extends Sides {
  target: unknown[];
  targetRest: unknown[];
  live: unknown[];
  liveRest: unknown[];
}

function restoredList(sides: ListSides, type: ValueType, owned: Ownership | typeof WHOLE, name: string): unknown[] {
  const { target, targetRest, live, liveRest } = sides;
  const identify = identityOf(sides, type, name);
  if (identify === undefined) {
    // Items that went shift the others, so that nothing tells which is which.
    if (live.length !== liveRest.length || target.length !== targetRest.length) return live;
    return targetRest.map((item, at) =>
      at < live.length
        ? restored({ target: target[at], targetRest: item, live: live[at], liveRest: liveRest[at] }, untyped, owned)
        : item,
    );
  }
  const shape = type.shapeOf(live);
  const itemType = shape.kind === 'list' ? shape.item : untyped;
  const [inTarget, inTargetRest, inLive, inLiveRest] = [target, targetRest, live, liveRest].map(
    (items) => new Map(items.map((item) => [identify(item), item])),
  ) as [Map<string, unknown>, Map<string, unknown>, Map<string, unknown>, Map<string, unknown>];
  const sentFor = (id: string): unknown => {
    const given = inTargetRest.get(id);
    if (!inLive.has(id)) return given;
    const item = inLive.get(id);
    const below = ownershipOfItem(owned, item, type, live);
    if (!inLiveRest.has(id)) return ownPart(item, below);
    if (given === undefined) return inTarget.get(id);
    return restored(
      { target: inTarget.get(id), targetRest: given, live: item, liveRest: inLiveRest.get(id) },
      itemType,
      below,
    );
  };
  const result: { id: string; item: unknown }[] = [];
  for (const id of inTarget.keys()) {
    const item = sentFor(id);
    if (item !== undefined) result.push({ id, item });
  }
  // Ignored items that Git does not have stay behind the item that they come after.
  let before: string | undefined;
  for (const id of inLive.keys()) {
    if (!inTarget.has(id) && !inLiveRest.has(id)) {
      const item = sentFor(id);
      const at = result.findIndex((other) => other.id === before) + 1;
      if (item !== undefined) result.splice(at, 0, { id, item });
    }
    if (result.some((other) => other.id === id)) before = id;
  }
  return result.map(({ item }) => item);
}

/** How the items of a list are told apart; undefined when only their position does. */
function identityOf(
  { target, targetRest, live, liveRest }: ListSides,
  type: ValueType,
  name: string,
): ((item: unknown) => string) | undefined {
  const shape = type.shapeOf(live);
  if (type !== untyped && shape.kind === 'list' && shape.relation !== 'atomic') {
    return (item) => itemElement(shape, item);
  }
  const keys = mergeKeysOf(name, target, targetRest, live, liveRest);
  return keys === undefined ? undefined : (item) => itemIdentity(item, keys);
}

function ownershipBelow(owned: Ownership | typeof WHOLE, element: string): Ownership | typeof WHOLE {
  if (owned === WHOLE) return WHOLE;
  return {
    ours: owned.ours.children.get(element) ?? NOTHING,
    anybody: owned.anybody.children.get(element) ?? NOTHING,
  };
}

function ownershipOfItem(
  owned: Ownership | typeof WHOLE,
  item: unknown,
  type: ValueType,
  list: unknown[],
): Ownership | typeof WHOLE {
  if (owned === WHOLE) return WHOLE;
  const shape = type.shapeOf(list);
  const elements = [...owned.anybody.children.keys()];
  const element =
    type !== untyped && shape.kind === 'list' && shape.relation !== 'atomic'
      ? itemElement(shape, item)
      : elements.find((candidate) => isElementOf(candidate, item));
  return element === undefined ? { ours: NOTHING, anybody: NOTHING } : ownershipBelow(owned, element);
}

/** The part of a live value that has to be named; undefined when nothing has. */
function ownPart(value: unknown, owned: Ownership | typeof WHOLE): unknown {
  if (owned === WHOLE) return value;
  const { ours } = owned;
  if (isEmptySet(ours)) return undefined;
  if (ours.children.size === 0) return value;
  if (Array.isArray(value)) {
    const parts = value.flatMap((item) => {
      const element = [...ours.children.keys()].find((candidate) => isElementOf(candidate, item));
      const part = element === undefined ? undefined : ownPart(item, ownershipBelow(owned, element));
      if (element === undefined || part === undefined) return [];
      return isJsonObject(part) ? [{ ...keysOf(element), ...part }] : [part];
    });
    return parts.length === 0 ? undefined : parts;
  }
  if (!isJsonObject(value)) return value;
  const parts = Object.entries(value).flatMap(([key, member]) => {
    const part = ownPart(member, ownershipBelow(owned, fieldElement(key)));
    return part === undefined ? [] : [[key, part] as const];
  });
  return parts.length === 0 && !ours.member ? undefined : Object.fromEntries(parts);
}

/** Whether a step of `fieldsV1` leads to an item. A key that the item lacks has its default there. */
function isElementOf(element: string, item: unknown): boolean {
  if (element.startsWith('v:')) return equalJson(JSON.parse(element.slice(2)), item);
  const keys = Object.entries(keysOf(element));
  return (
    isJsonObject(item) &&
    keys.some(([key, value]) => equalJson(item[key], value)) &&
    keys.every(([key, value]) => item[key] === undefined || equalJson(item[key], value))
  );
}

function keysOf(element: string): JsonObject {
  return element.startsWith('k:') ? (JSON.parse(element.slice(2)) as JsonObject) : {};
}

const NOTHING: FieldSet = emptyFieldSet();

function withoutStatus(object: KubernetesObject): KubernetesObject {
  const { status: _status, ...rest } = object;
  return rest as KubernetesObject;
}

function asMap(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isHollow(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}
