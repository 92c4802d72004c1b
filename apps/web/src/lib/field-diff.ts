export interface FieldChange {
  /** `spec.template.spec.containers[name=api].image` */
  path: string;
  change: 'added' | 'removed' | 'changed';
  before?: unknown;
  after?: unknown;
}

/** The fields Kubernetes itself uses to tell the items of a list apart, most telling first. */
const mergeKeys = [
  'name',
  'containerPort',
  'port',
  'mountPath',
  'devicePath',
  'key',
  'topologyKey',
  'type',
  'ip',
  'uid',
];

/**
 * The leaf fields in which two manifests differ, in the order of the document. Items of a list are matched by the
 * key Kubernetes merges them by, so an inserted container is one addition and not a change of every one behind it.
 */
export function diffFields(before: unknown, after: unknown): FieldChange[] {
  const changes: FieldChange[] = [];
  compareValues('', before, after, changes);
  return changes;
}

function compareValues(path: string, before: unknown, after: unknown, changes: FieldChange[]): void {
  if (before === after) return;
  if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      compareValues(join(path, key), before[key], after[key], changes);
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    compareLists(path, before, after, changes);
    return;
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  if (before === undefined && isBranch(after)) addLeaves(path, after, 'added', changes);
  else if (after === undefined && isBranch(before)) addLeaves(path, before, 'removed', changes);
  else if (before === undefined) changes.push({ path, change: 'added', after });
  else if (after === undefined) changes.push({ path, change: 'removed', before });
  else changes.push({ path, change: 'changed', before, after });
}

function compareLists(path: string, before: unknown[], after: unknown[], changes: FieldChange[]): void {
  const key = mergeKeys.find((candidate) => identifies(before, candidate) && identifies(after, candidate));
  if (key === undefined) {
    for (let index = 0; index < Math.max(before.length, after.length); index++)
      compareValues(`${path}[${index}]`, before[index], after[index], changes);
    return;
  }
  const byKey = (list: unknown[]) =>
    new Map(list.map((item) => [String((item as Record<string, unknown>)[key]), item]));
  const left = byKey(before);
  const right = byKey(after);
  for (const id of new Set([...left.keys(), ...right.keys()]))
    compareValues(`${path}[${key}=${id}]`, left.get(id), right.get(id), changes);
}

function identifies(list: unknown[], key: string): boolean {
  const values = list.map((item) => (isRecord(item) ? item[key] : undefined));
  return (
    values.every((value) => typeof value === 'string' || typeof value === 'number') &&
    new Set(values).size === values.length
  );
}

/** A whole branch that came or went is told leaf by leaf while it is small, else as one value. */
function addLeaves(path: string, value: unknown, change: 'added' | 'removed', changes: FieldChange[]): void {
  const leaves: FieldChange[] = [];
  const side = change === 'added' ? 'after' : 'before';
  const walk = (at: string, current: unknown) => {
    if (isRecord(current) && Object.keys(current).length > 0)
      for (const [key, child] of Object.entries(current)) walk(join(at, key), child);
    else if (Array.isArray(current) && current.some(isBranch))
      for (const [index, child] of current.entries()) walk(`${at}[${index}]`, child);
    else leaves.push({ path: at, change, [side]: current });
  };
  walk(path, value);
  if (leaves.length <= 12) changes.push(...leaves);
  else changes.push({ path, change, [side]: value });
}

function join(path: string, key: string): string {
  const part = /^[\w-]+$/.test(key) ? key : `["${key}"]`;
  return path === '' ? part : part.startsWith('[') ? `${path}${part}` : `${path}.${part}`;
}

function isBranch(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isBranch(value) && !Array.isArray(value);
}
