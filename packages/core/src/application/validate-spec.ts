import { GitOpsError } from '../errors.ts';
import type { AppProject } from './app-project.ts';
import type { Application } from './application.ts';
import { type ClusterFacts, resolveDestination } from './destination.ts';
import { permitsDestination, permitsSource, permitsSourceNamespace } from './project-permissions.ts';
import type { ApplicationSource } from './source.ts';
import { hasMultipleSources, projectNameOf, sourcesOf } from './sources.ts';
import type { Condition } from './status-words.ts';

/**
 * Everything wrong with a specification that can be said without Git or the cluster, as `InvalidSpecError` conditions
 * in Argo CD's words with the fix behind them. Empty means valid. Nothing of an invalid application is compared or synced.
 */
export function specProblems({
  application,
  project,
  clusters,
  controlPlaneNamespace,
}: {
  application: Application;
  project: AppProject | undefined;
  clusters: readonly ClusterFacts[];
  controlPlaneNamespace: string;
}): Condition[] {
  const { spec } = application;
  const problems: string[] = [...sourceProblems(spec)];
  const cluster = destinationOf(application, clusters, problems);
  if (project === undefined) {
    problems.push(
      `Application referencing project ${projectNameOf(spec)} which does not exist. Create the AppProject, or set spec.project to one that exists`,
    );
  } else {
    problems.push(...projectProblems(application, project, cluster, controlPlaneNamespace));
  }
  return problems.map((message) => ({ type: 'InvalidSpecError', message }));
}

const REF_NAME = /^[a-zA-Z0-9_-]+$/;

function sourceProblems(spec: Application['spec']): string[] {
  if (spec.sourceHydrator !== undefined) return hydratorProblems(spec.sourceHydrator);
  const sources = sourcesOf(spec);
  if (sources.length === 0) {
    return [
      'spec.source.repoURL and either spec.source.path or spec.source.chart are required. Set spec.source or spec.sources',
    ];
  }
  const multiple = hasMultipleSources(spec);
  const problems = sources.flatMap((source, index) => problemsOfSource(source, multiple ? index : undefined));
  const refs = new Set<string>();
  const names = new Set<string>();
  for (const { ref = '', name = '' } of sources) {
    if (ref !== '' && refs.has(ref))
      problems.push(`ref "${ref}" is used by more than one source. Give each source its own ref`);
    if (name !== '' && names.has(name))
      problems.push(`source name "${name}" is used more than once. Give each source its own name`);
    refs.add(ref);
    names.add(name);
  }
  return problems;
}

function hydratorProblems(hydrator: NonNullable<Application['spec']['sourceHydrator']>): string[] {
  const problems: string[] = [];
  if (hydrator.drySource.repoURL === '')
    problems.push(
      'spec.sourceHydrator.drySource.repoURL is required. Set it to the repository that holds the dry source',
    );
  if (hydrator.syncSource.targetBranch === '')
    problems.push(
      'spec.sourceHydrator.syncSource.targetBranch is required. Name the branch that holds hydrated manifests',
    );
  if (/^\.?\/*$/.test(hydrator.syncSource.path)) {
    problems.push('spec.sourceHydrator.syncSource.path must not be the root of the repository. Name a directory');
  }
  return problems;
}

function problemsOfSource(source: ApplicationSource, index: number | undefined): string[] {
  const field = index === undefined ? 'spec.source' : `spec.sources[${index}]`;
  const { repoURL = '', path = '', chart = '', ref = '', targetRevision = '' } = source;
  const problems: string[] = [];
  if (repoURL === '' || (path === '' && chart === '' && ref === '')) {
    problems.push(
      index === undefined
        ? `spec.source.repoURL and either spec.source.path or spec.source.chart are required. Set ${repoURL === '' ? 'spec.source.repoURL' : 'spec.source.path (`.` is the root of the repository)'}`
        : `spec.source.repoURL and either source.path, source.chart, or source.ref are required for source ${index + 1}. Set ${repoURL === '' ? `${field}.repoURL` : `${field}.path`}`,
    );
  }
  if (chart !== '' && targetRevision === '') {
    problems.push(
      `spec.source.targetRevision is required if the manifest source is a helm chart. Set ${field}.targetRevision to a version or a range`,
    );
  }
  if (chart !== '' && path !== '')
    problems.push(`${field} has both path and chart. Keep path for a Git repository, chart for a Helm repository`);
  if (ref !== '' && chart !== '')
    problems.push(`${field} has both ref and chart. A Helm chart cannot be referenced: remove ref`);
  if (ref !== '' && !REF_NAME.test(ref))
    problems.push(`${field}.ref "${ref}" is not valid. Use letters, digits, - and _ only`);
  if (path.startsWith('/') || path.split('/').includes('..')) {
    problems.push(`${field}.path "${path}" leaves the repository. Use a path relative to its root, without ..`);
  }
  if ([repoURL, targetRevision].some((text) => text.startsWith('-') || hasControlCharacter(text))) {
    problems.push(
      `${field} has a repoURL or targetRevision with characters that are not allowed. Remove the leading - or the control characters`,
    );
  }
  const explicit = (['helm', 'kustomize', 'directory', 'plugin'] as const).filter((tool) => isSet(source[tool]));
  if (explicit.length > 1) {
    problems.push(`multiple application sources defined: ${explicit.join(',')}. Keep one of them in ${field}`);
  }
  return problems;
}

/** Empty blocks are left behind by forms and mean nothing. */
function isSet(block: unknown): boolean {
  return typeof block === 'object' && block !== null && Object.keys(block).length > 0;
}

function destinationOf(
  application: Application,
  clusters: readonly ClusterFacts[],
  problems: string[],
): ClusterFacts | undefined {
  try {
    return resolveDestination(application.spec.destination, clusters);
  } catch (error) {
    if (!(error instanceof GitOpsError)) throw error;
    problems.push(error.message);
    return undefined;
  }
}

function projectProblems(
  application: Application,
  project: AppProject,
  cluster: ClusterFacts | undefined,
  controlPlaneNamespace: string,
): string[] {
  const { spec, metadata } = application;
  const name = project.metadata.name ?? '';
  const problems: string[] = [];
  const namespace = metadata.namespace ?? '';
  if (!permitsSourceNamespace(project, namespace, controlPlaneNamespace)) {
    problems.push(
      `application '${metadata.name ?? ''}' in namespace '${namespace}' is not allowed to use project '${name}'. Add the namespace to spec.sourceNamespaces of the project`,
    );
  }
  const repositories = spec.sourceHydrator === undefined ? [] : [spec.sourceHydrator.drySource.repoURL];
  for (const repoURL of [...sourcesOf(spec).map((source) => source.repoURL), ...repositories]) {
    if (repoURL === '' || permitsSource(project, repoURL)) continue;
    problems.push(
      `application repo ${repoURL} is not permitted in project '${name}'. Add it to spec.sourceRepos of the project`,
    );
  }
  if (cluster !== undefined) {
    const destination = { server: cluster.server, name: cluster.name, namespace: spec.destination.namespace ?? '' };
    if (!permitsDestination(project, destination, cluster.project)) {
      problems.push(
        `application destination server '${spec.destination.server ?? cluster.server}' and namespace '${destination.namespace}' do not match any of the allowed destinations in project '${name}'. Add the pair to spec.destinations of the project`,
      );
    }
  }
  return [...new Set(problems)];
}

/** Such text must never become an argument of a tool. */
function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) < 0x20) return true;
  return false;
}
