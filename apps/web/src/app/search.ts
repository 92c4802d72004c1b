import type { ApplicationSearch, ListSearch } from '../features/applications/search.ts';

type Raw = Record<string, unknown>;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
const flag = (value: unknown): true | undefined => (value === true || value === 'true' ? true : undefined);
const whole = (value: unknown): number | undefined =>
  Number.isInteger(Number(value)) && value !== '' && value !== null && value !== undefined && typeof value !== 'boolean'
    ? Number(value)
    : undefined;
function oneOf<const T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((each) => each === value);
}

/** Drops absent entries, so that a URL carries only what differs from the default. */
function compact<const T extends Raw>(search: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export function listSearch(search: Raw): ListSearch {
  return compact({
    q: text(search['q']) ?? text(search['search']),
    sort: text(search['sort']),
    view: oneOf(search['view'], ['table', 'tiles']),
    new: oneOf(search['new'], ['form', 'yaml']),
    plan: text(search['plan']),
  });
}

export function applicationSearch(search: Raw): ApplicationSearch {
  return compact({
    tab: oneOf(search['tab'], ['resources', 'diff', 'operation', 'history', 'events', 'logs', 'details']),
    view: oneOf(search['view'], ['tree', 'list']),
    q: text(search['q']),
    node: text(search['node']),
    pane: oneOf(search['pane'], ['summary', 'diff', 'live', 'target', 'events', 'logs']),
    file: text(search['file']),
    plan: flag(search['plan']),
    rollback: whole(search['rollback']),
    compare: whole(search['compare']),
    delete: flag(search['delete']),
    pod: text(search['pod']),
    container: text(search['container']),
  });
}

/** Changes some entries of an address and drops those set to undefined. */
export function mergeSearch<T extends object>(before: T, change: { [K in keyof T]?: T[K] | undefined }): T {
  return compact({ ...before, ...change } as Raw) as T;
}
