import { isObject } from '../json.ts';
import type { StoredObject } from './internal-client.ts';

/** Enough for every shape of object and manager of a busy cluster; the least recently stored is forgotten. */
const maxSets = 4_096;

/**
 * Objects of one shape written by one manager have equal `fieldsV1`, which is often half of an object. They are stored
 * once and shared, which is safe as stored objects never change.
 */
export class SharedFieldSets {
  private readonly sets = new Map<string, unknown>();

  /** The object with its field sets replaced by equal ones that are stored already. */
  share(object: StoredObject): StoredObject {
    const managers = object.metadata['managedFields'];
    if (!Array.isArray(managers) || managers.length === 0) return object;
    const shared = managers.map((entry: unknown) => {
      if (!isObject(entry) || entry['fieldsV1'] === undefined) return entry;
      return { ...entry, fieldsV1: this.canonical(entry['fieldsV1']) };
    });
    return { ...object, metadata: { ...object.metadata, managedFields: shared } };
  }

  private canonical(set: unknown): unknown {
    const key = JSON.stringify(set);
    const known = this.sets.get(key);
    if (known !== undefined) {
      this.sets.delete(key);
      this.sets.set(key, known);
      return known;
    }
    this.sets.set(key, set);
    const [oldest] = this.sets.keys();
    if (this.sets.size > maxSets && oldest !== undefined) this.sets.delete(oldest);
    return set;
  }
}
