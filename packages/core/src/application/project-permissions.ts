import { matchesGlob } from '../kubernetes/glob.ts';
import { type LabelSelector, matchesLabelSelector } from '../kubernetes/label-selector.ts';
import type { ResourceKey } from '../kubernetes/resource-key.ts';
import type { AppProject, AppProjectSpec } from './app-project.ts';
import { globMatch, globOrRegexMatch } from './glob.ts';
import { canonicalRepositoryUrl } from './repository-url.ts';

/**
 * What an AppProject permits. Every place that touches a cluster for an application (compare, sync task, hook, prune,
 * deletion, action) asks here, with the project as it is now.
 */

/** Projects with these labels inherit from the one named: `globalProjects` of argocd-cm. */
export interface GlobalProject {
  projectName: string;
  labelSelector: LabelSelector;
}

/** The project of this name with the global projects that select it merged in; undefined when there is none. */
export function effectiveProject(
  name: string,
  projects: readonly AppProject[],
  globalProjects: readonly GlobalProject[],
): AppProject | undefined {
  const project = projects.find((candidate) => candidate.metadata.name === name);
  if (project === undefined) return undefined;
  const globals = globalProjects
    .filter(({ projectName }) => projectName !== name)
    .filter(({ labelSelector }) => matchesLabelSelector(project.metadata.labels, labelSelector))
    .map(({ projectName }) => projects.find((candidate) => candidate.metadata.name === projectName))
    .filter((candidate) => candidate !== undefined);
  if (globals.length === 0) return project;
  return { ...project, spec: globals.reduce((spec, global) => mergeSpecs(spec, global.spec), project.spec) };
}

/** Globs over the URL with `/` as separator. A `!` entry that matches denies whatever else allows. */
export function permitsSource(project: AppProject, repoURL: string): boolean {
  const url = canonicalRepositoryUrl(repoURL);
  let allowed = false;
  for (const entry of project.spec.sourceRepos ?? []) {
    if (entry.startsWith('!')) {
      if (matchesRepository(entry.slice(1), url)) return false;
    } else if (entry === '*' || matchesRepository(entry, url)) allowed = true;
  }
  return allowed;
}

/**
 * Whether the project lets an application write to a namespace of a cluster. `clusterProject` is the project a cluster is
 * scoped to: with `permitOnlyProjectScopedClusters` it must be this one.
 */
export function permitsDestination(
  project: AppProject,
  destination: { server: string; name: string; namespace: string },
  clusterProject?: string,
): boolean {
  if (clusterProject !== undefined && clusterProject !== '' && clusterProject !== project.metadata.name) return false;
  if (project.spec.permitOnlyProjectScopedClusters === true && clusterProject !== project.metadata.name) return false;
  let allowed = false;
  for (const entry of project.spec.destinations ?? []) {
    const server = destinationPart(entry.server, destination.server);
    const name = destinationPart(entry.name, destination.name);
    const namespace = destinationPart(entry.namespace ?? '', destination.namespace);
    const cluster = server === 'match' || name === 'match';
    if (name === 'denied') return false;
    if (server === 'denied' && namespace === 'match') return false;
    if (namespace === 'denied' && cluster) return false;
    if (cluster && namespace === 'match') allowed = true;
  }
  return allowed;
}

/**
 * Whether objects of a kind may exist. Cluster-scoped kinds are forbidden unless listed; namespaced ones are allowed
 * unless the whitelist exists and leaves them out. A blacklist wins.
 */
export function permitsKind(
  project: AppProject,
  resource: { group: string; kind: string; name?: string },
  namespaced: boolean,
): boolean {
  const { spec } = project;
  if (namespaced) {
    const whitelist = spec.namespaceResourceWhitelist;
    const allowed =
      whitelist === undefined || whitelist === null || whitelist.some((rule) => matchesKind(rule, resource));
    return allowed && !(spec.namespaceResourceBlacklist ?? []).some((rule) => matchesKind(rule, resource));
  }
  const allowed = (spec.clusterResourceWhitelist ?? []).some((rule) => matchesClusterResource(rule, resource));
  return allowed && !(spec.clusterResourceBlacklist ?? []).some((rule) => matchesClusterResource(rule, resource));
}

/** Whether applications of this project may live in a namespace; our own always counts. */
export function permitsSourceNamespace(project: AppProject, namespace: string, controlPlaneNamespace: string): boolean {
  if (namespace === controlPlaneNamespace) return true;
  return (project.spec.sourceNamespaces ?? []).some((pattern) => globOrRegexMatch(pattern, namespace));
}

/** The one check for a single resource of an application. The reason is Argo CD's text. */
export function permitsResource(
  project: AppProject,
  resource: {
    key: ResourceKey;
    namespaced: boolean;
    destination: { server: string; name: string };
    clusterProject?: string;
  },
): { permitted: true } | { permitted: false; reason: string } {
  const { key, namespaced, destination } = resource;
  const projectName = project.metadata.name ?? '';
  if (!permitsKind(project, key, namespaced)) {
    return { permitted: false, reason: `resource ${key.group}:${key.kind} is not permitted in project ${projectName}` };
  }
  if (
    namespaced &&
    !permitsDestination(project, { ...destination, namespace: key.namespace }, resource.clusterProject)
  ) {
    return { permitted: false, reason: `namespace ${key.namespace} is not permitted in project '${projectName}'` };
  }
  return { permitted: true };
}

function matchesRepository(pattern: string, url: string): boolean {
  return globMatch(canonicalRepositoryUrl(pattern), url, { separators: '/' });
}

type Match = 'match' | 'denied' | 'none';

/** `!glob` in front denies what it matches, and matches everything else. */
function destinationPart(pattern: string | undefined, value: string): Match {
  if (pattern === undefined) return 'none';
  if (pattern.startsWith('!')) return globMatch(pattern.slice(1), value) ? 'denied' : 'match';
  return globMatch(pattern, value) ? 'match' : 'none';
}

function matchesKind(rule: { group: string; kind: string }, resource: { group: string; kind: string }): boolean {
  return matchesGlob(rule.group, resource.group) && matchesGlob(rule.kind, resource.kind);
}

function matchesClusterResource(
  rule: { group: string; kind: string; name?: string },
  resource: { group: string; kind: string; name?: string },
): boolean {
  if (!matchesKind(rule, resource)) return false;
  if (rule.name === undefined || rule.name === '') return true;
  // A kind is asked about without a name when it is listed, not touched.
  return resource.name === undefined || matchesGlob(rule.name, resource.name);
}

const INHERITED_LISTS = [
  'sourceRepos',
  'destinations',
  'clusterResourceWhitelist',
  'clusterResourceBlacklist',
  'namespaceResourceWhitelist',
  'namespaceResourceBlacklist',
  'syncWindows',
  'destinationServiceAccounts',
] as const satisfies readonly (keyof AppProjectSpec)[];

function mergeSpecs(own: AppProjectSpec, global: AppProjectSpec): AppProjectSpec {
  const merged: Record<string, unknown> = { ...own };
  for (const list of INHERITED_LISTS) {
    const inherited = global[list];
    if (inherited === undefined || inherited.length === 0) continue;
    merged[list] = [...(own[list] ?? []), ...inherited];
  }
  return merged as AppProjectSpec;
}
