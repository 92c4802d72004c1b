/**
 * How the items of well-known Kubernetes lists are told apart, by the name of the list: each entry is a set of members
 * that identify an item together. Used for display and for explanations, where no schema is at hand; what is applied is
 * merged by the cluster's own schema.
 */
const KEYS_BY_LIST: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    containers: ['name'],
    initContainers: ['name'],
    ephemeralContainers: ['name'],
    env: ['name'],
    volumes: ['name'],
    volumeMounts: ['mountPath'],
    volumeDevices: ['devicePath'],
    imagePullSecrets: ['name'],
    hostAliases: ['ip'],
    topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
    ownerReferences: ['uid'],
    conditions: ['type'],
    managedFields: ['manager', 'operation', 'subresource'],
    webhooks: ['name'],
    versions: ['name'],
    secrets: ['name'],
  }),
);

/** Members tried in turn for any other list of objects; the first that every item has, with distinct values, is taken. */
const CANDIDATES: readonly (readonly string[])[] = [
  ['name'],
  ['containerPort', 'protocol'],
  ['port', 'protocol'],
  ['containerPort'],
  ['port'],
  ['key'],
  ['id'],
  ['type'],
  ['host'],
  ['path'],
];

/**
 * The members that identify the items of a list on both sides, or undefined when items can only be told by position.
 */
export function mergeKeysOf(listName: string, ...sides: (readonly unknown[])[]): readonly string[] | undefined {
  const known = KEYS_BY_LIST.get(listName);
  const candidates = known === undefined ? CANDIDATES : [known, ...CANDIDATES];
  return candidates.find((keys) => sides.every((items) => areIdentifiedBy(items, keys)));
}

/** The identity of an item by those members, for messages: `name=web` or `containerPort=80,protocol=TCP`. */
export function describeItem(item: unknown, keys: readonly string[]): string {
  const object = item as Record<string, unknown>;
  return keys
    .filter((key) => object[key] !== undefined)
    .map((key) => `${key}=${String(object[key])}`)
    .join(',');
}

/** The members that identify the item, with their values. */
export function keysOfItem(item: unknown, keys: readonly string[]): Record<string, unknown> {
  const object = item as Record<string, unknown>;
  return Object.fromEntries(keys.filter((key) => object[key] !== undefined).map((key) => [key, object[key]]));
}

/** A text that is equal for items of the same identity. */
export function itemIdentity(item: unknown, keys: readonly string[]): string {
  const object = item as Record<string, unknown>;
  return JSON.stringify(keys.map((key) => object[key] ?? null));
}

function areIdentifiedBy(items: readonly unknown[], keys: readonly string[]): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return false;
    const first = (item as Record<string, unknown>)[keys[0] as string];
    if (first === undefined || first === null || typeof first === 'object') return false;
    const identity = itemIdentity(item, keys);
    if (seen.has(identity)) return false;
    seen.add(identity);
  }
  return true;
}
