import { equalJson, isJsonObject, type JsonObject } from '@lockstep/structured-merge';
import type { PathSegment } from './field-path.ts';
import { formatPointer } from './json-pointer.ts';
import { describeItem, itemIdentity, keysOfItem, mergeKeysOf } from './merge-keys.ts';

/** One place where two states of an object differ. */
export interface FieldChange {
  /** For people: `spec.template.spec.containers[name=web].image`. */
  path: string;
  /** JSON pointer of the place: in `after`, or in `before` when it was removed. */
  pointer: string;
  /** The place in a form that finds it in any state of the object, wherever its list items have moved. */
  segments: readonly PathSegment[];
  change: 'added' | 'removed' | 'changed';
  before?: unknown;
  after?: unknown;
}

/**
 * Every place where two JSON values differ, in the order of `after` with removed places last on each level. List items
 * are matched by the members that identify them (`name`, `containerPort` …), so that an inserted item is one change; a
 * list of plain values is one place. With `maxChanges` the rest is left out.
 */
export function diffFields(input: { before: unknown; after: unknown; maxChanges?: number }): FieldChange[] {
  const walk = new Walk(input.maxChanges ?? Number.POSITIVE_INFINITY);
  walk.compare(input.before, input.after, { path: '', segments: [], before: [], after: [], name: '' });
  return walk.changes;
}

/** Where the walk is. The pointers differ once a list item has moved. */
interface Place {
  path: string;
  segments: readonly PathSegment[];
  before: readonly (string | number)[];
  after: readonly (string | number)[];
  /** Name of the nearest member, which tells what a list holds. */
  name: string;
}

class Walk {
  readonly changes: FieldChange[] = [];
  readonly #maxChanges: number;

  constructor(maxChanges: number) {
    this.#maxChanges = maxChanges;
  }

  compare(before: unknown, after: unknown, place: Place): void {
    if (this.changes.length >= this.#maxChanges || equalJson(before, after)) return;
    if (isJsonObject(before) && isJsonObject(after)) {
      for (const key of Object.keys(after)) this.compare(own(before, key), after[key], member(place, key));
      for (const key of Object.keys(before)) {
        if (!Object.hasOwn(after, key)) this.compare(before[key], undefined, member(place, key));
      }
      return;
    }
    if (Array.isArray(before) && Array.isArray(after) && before.length > 0 && after.length > 0) {
      if (this.#compareItems(before, after, place)) return;
    }
    this.#note(before, after, place);
  }

  /** False when the items of the list cannot be told apart, or only their order differs. */
  #compareItems(before: unknown[], after: unknown[], place: Place): boolean {
    const keys = mergeKeysOf(place.name, before, after);
    if (keys === undefined) return false;
    const known = new Map(before.map((item, index) => [itemIdentity(item, keys), { item, index }]));
    const count = this.changes.length;
    for (const [index, item] of after.entries()) {
      const identity = itemIdentity(item, keys);
      const match = known.get(identity);
      known.delete(identity);
      const at = this.#item(place, item, keys, match?.index ?? index, index);
      this.compare(match?.item, item, at);
    }
    for (const { item, index } of known.values()) {
      this.compare(item, undefined, this.#item(place, item, keys, index, index));
    }
    return this.changes.length > count;
  }

  #item(place: Place, item: unknown, keys: readonly string[], before: number, after: number): Place {
    return {
      path: `${place.path}[${describeItem(item, keys)}]`,
      segments: [...place.segments, { item: keysOfItem(item, keys) }],
      before: [...place.before, before],
      after: [...place.after, after],
      name: place.name,
    };
  }

  #note(before: unknown, after: unknown, { path, segments, before: from, after: to }: Place): void {
    if (before === undefined) {
      this.changes.push({ path, pointer: formatPointer(to), segments, change: 'added', after });
    } else if (after === undefined) {
      this.changes.push({ path, pointer: formatPointer(from), segments, change: 'removed', before });
    } else {
      this.changes.push({ path, pointer: formatPointer(to), segments, change: 'changed', before, after });
    }
  }
}

/** Objects come from strangers: a member called `constructor` is absent unless it is there. */
function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function member(place: Place, key: string): Place {
  return {
    path: joinPath(place.path, key),
    segments: [...place.segments, key],
    before: [...place.before, key],
    after: [...place.after, key],
    name: key,
  };
}

/** Keys with dots and slashes (annotations, files of a ConfigMap) are quoted. */
function joinPath(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
