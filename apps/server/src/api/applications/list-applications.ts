import type { ApplicationRow } from '@lockstep/contract';
import { type Application, canonicalRepositoryUrl, matchesLabelSelector } from '@lockstep/core';
import { ApiError } from '../api-error.ts';
import { parseLabelSelector } from '../label-selector.ts';
import { failingFields, parseQuery, type QueryTerm } from './application-query.ts';
import { applicationRow } from './presenter.ts';

/** What a list request selects. Everything is optional; several values of one filter are alternatives. */
export interface ListRequest {
  q?: string;
  name?: string;
  projects?: string[];
  health?: string[];
  sync?: string[];
  namespace?: string[];
  cluster?: string[];
  repo?: string;
  autoSync?: string[];
  phase?: string[];
  appNamespace?: string;
  selector?: string;
  sort?: string;
  limit?: number;
  cursor?: string;
}

type Facets = Record<
  'projects' | 'health' | 'sync' | 'clusters' | 'namespaces' | 'repos' | 'autoSync' | 'labels' | 'phase',
  Record<string, number>
>;

export interface ApplicationPage {
  applications: Application[];
  /** How many there are over all pages. */
  total: number;
  /** Where the next page begins; '' at the end. */
  cursor: string;
  facets: Facets;
}

interface Candidate {
  application: Application;
  row: ApplicationRow;
  /** Fields whose conditions it does not satisfy. */
  failing: string[];
}

const sorts: Record<string, (row: ApplicationRow) => string> = {
  name: (row) => row.name,
  project: (row) => row.project,
  // One digit, so that numbers sort as text.
  health: (row) => String(severity.indexOf(row.health.status)),
  sync: (row) => row.sync.status,
  createdAt: (row) => row.createdAt,
  reconciledAt: (row) => row.reconciledAt ?? '',
  finishedAt: (row) => row.operation?.finishedAt ?? row.operation?.startedAt ?? '',
};

/** What needs attention first. */
const severity = ['Degraded', 'Missing', 'Unknown', 'Progressing', 'Suspended', 'Healthy'];

/** Filters, counts, sorts and cuts the applications a caller may see. Throws 400 for a filter that cannot be read. */
export function listApplications(visible: Iterable<Application>, request: ListRequest): ApplicationPage {
  const terms = termsOf(request);
  const isSelected = plainFilter(request);
  const candidates: Candidate[] = [];
  for (const application of visible) {
    if (!isSelected(application)) continue;
    const row = applicationRow(application);
    candidates.push({ application, row, failing: failingFields(row, terms) });
  }
  const matching = candidates.filter(({ failing }) => failing.length === 0);
  const order = comparison(request.sort ?? 'name');
  matching.sort((a, b) => order(a.row, b.row));
  const start =
    request.cursor === undefined || request.cursor === '' ? 0 : positionAfter(matching, request.cursor, order);
  const limit = request.limit ?? matching.length;
  const page = matching.slice(start, start + limit);
  const last = page.at(-1);
  return {
    applications: page.map(({ application }) => application),
    total: matching.length,
    cursor: last === undefined || start + limit >= matching.length ? '' : encodeCursor(last.row),
    facets: request.limit === undefined ? emptyFacets() : countFacets(candidates),
  };
}

function termsOf(request: ListRequest): QueryTerm[] {
  const terms = parseQuery(request.q ?? '');
  const add = (field: string, values: string[] | undefined): void => {
    for (const value of values ?? []) terms.push({ field, value: value.toLowerCase(), negated: false });
  };
  add('project', request.projects);
  add('health', request.health);
  add('sync', request.sync);
  add('namespace', request.namespace);
  add('cluster', request.cluster);
  add('autosync', request.autoSync);
  add('phase', request.phase);
  return terms;
}

/** Argo CD's own filters, which are exact. */
function plainFilter({ name, repo, appNamespace, selector }: ListRequest): (application: Application) => boolean {
  const labels = selector === undefined || selector === '' ? undefined : readSelector(selector);
  const repository = repo === undefined || repo === '' ? undefined : canonicalRepositoryUrl(repo);
  return (application) => {
    const { metadata } = application;
    if (name !== undefined && name !== '' && metadata.name !== name) return false;
    if (appNamespace !== undefined && appNamespace !== '' && metadata.namespace !== appNamespace) return false;
    if (labels !== undefined && !matchesLabelSelector(metadata.labels, labels)) return false;
    if (repository === undefined) return true;
    return canonicalRepositoryUrl(applicationRow(application).source.repoURL) === repository;
  };
}

function readSelector(selector: string): NonNullable<ReturnType<typeof parseLabelSelector>> {
  const parsed = parseLabelSelector(selector);
  if (parsed === undefined) {
    throw new ApiError('InvalidArgument', `the selector "${selector}" is not a label selector`, {
      fix: 'Write key=value, key!=value, key in (a,b), key or !key, separated by commas',
    });
  }
  return parsed;
}

type Order = (a: ApplicationRow, b: ApplicationRow) => number;

function comparison(sort: string): Order {
  const descends = sort.startsWith('-');
  const keyOf = sorts[descends ? sort.slice(1) : sort];
  if (keyOf === undefined) {
    throw new ApiError('InvalidArgument', `cannot sort by "${sort}"`, {
      fix: `Use one of ${Object.keys(sorts).join(', ')}, with - in front to reverse`,
    });
  }
  return (a, b) => {
    const byKey = compareText(keyOf(a), keyOf(b));
    if (byKey !== 0) return descends ? -byKey : byKey;
    return compareText(a.name, b.name) || compareText(a.namespace, b.namespace);
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A cursor is the row the page ended with, as far as sorting looks at it: rows may come and go between two pages. */
type CursorRow = Pick<
  ApplicationRow,
  'name' | 'namespace' | 'project' | 'health' | 'sync' | 'createdAt' | 'reconciledAt' | 'operation'
>;

function encodeCursor({
  name,
  namespace,
  project,
  health,
  sync,
  createdAt,
  reconciledAt,
  operation,
}: ApplicationRow): string {
  const row: CursorRow = {
    name,
    namespace,
    project,
    health: { status: health.status },
    sync,
    createdAt,
    reconciledAt,
    operation: operation === null ? null : { ...operation, message: '' },
  };
  return Buffer.from(JSON.stringify(row)).toString('base64url');
}

function positionAfter(rows: readonly { row: ApplicationRow }[], cursor: string, order: Order): number {
  const last = decodeCursor(cursor);
  const position = rows.findIndex(({ row }) => order(row, last) > 0);
  return position < 0 ? rows.length : position;
}

function decodeCursor(cursor: string): ApplicationRow {
  try {
    const row = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as CursorRow;
    if (typeof row.name === 'string' && typeof row.namespace === 'string' && typeof row.health?.status === 'string') {
      return row as ApplicationRow;
    }
  } catch {
    // Falls through: it says nothing more.
  }
  throw new ApiError('InvalidArgument', 'the cursor is not one this server gave out', {
    fix: 'Ask for the first page again',
  });
}

function emptyFacets(): Facets {
  return {
    projects: {},
    health: {},
    sync: {},
    clusters: {},
    namespaces: {},
    repos: {},
    autoSync: {},
    labels: {},
    phase: {},
  };
}

/** Counts each value among the rows that all other filters select, so that choosing one shows what else there is. */
function countFacets(candidates: readonly Candidate[]): Facets {
  const facets = emptyFacets();
  for (const { row, failing } of candidates) {
    if (failing.length > 1) continue;
    for (const [facet, field, valuesOf] of facetSources) {
      if (failing.length === 1 && failing[0] !== field) continue;
      const counts = facets[facet];
      for (const value of valuesOf(row)) if (value !== '') counts[value] = (counts[value] ?? 0) + 1;
    }
  }
  return facets;
}

/** Of each facet the field of the query language that filters by it, and the values of a row. */
const facetSources: [facet: keyof Facets, field: string, valuesOf: (row: ApplicationRow) => string[]][] = [
  ['projects', 'project', (row) => [row.project]],
  ['health', 'health', (row) => [row.health.status]],
  ['sync', 'sync', (row) => [row.sync.status]],
  ['clusters', 'cluster', (row) => [row.destination.name || row.destination.server]],
  ['namespaces', 'namespace', (row) => [row.destination.namespace]],
  ['repos', 'repo', (row) => [row.source.repoURL]],
  ['autoSync', 'autosync', (row) => [row.autoSync]],
  ['labels', 'label', (row) => Object.entries(row.labels).map(([key, value]) => `${key}=${value}`)],
  ['phase', 'phase', (row) => (row.operation === null ? [] : [row.operation.phase])],
];
