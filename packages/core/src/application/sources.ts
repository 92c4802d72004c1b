import type { Application, ApplicationSpec, RevisionHistory } from './application.ts';
import type { ApplicationSource } from './source.ts';

/** The sources of a specification in order of precedence: the hydrated branch, then `sources`, then `source`. */
export function sourcesOf(spec: Pick<ApplicationSpec, 'source' | 'sources' | 'sourceHydrator'>): ApplicationSource[] {
  if (spec.sourceHydrator !== undefined) {
    const { drySource, syncSource } = spec.sourceHydrator;
    return [
      {
        repoURL: syncSource.repoURL ?? drySource.repoURL,
        path: syncSource.path,
        targetRevision: syncSource.targetBranch,
      },
    ];
  }
  if (spec.sources !== undefined && spec.sources.length > 0) return spec.sources;
  return spec.source === undefined ? [] : [spec.source];
}

/** One entry in `sources` is enough: fields and revisions are then written in their plural form. */
export function hasMultipleSources(spec: Pick<ApplicationSpec, 'sources' | 'sourceHydrator'>): boolean {
  return spec.sourceHydrator === undefined && (spec.sources?.length ?? 0) > 0;
}

/** Revisions in the field that fits the kind of application: `revision`, or `revisions` for one with several sources. */
export function revisionFields(
  multiple: boolean,
  revisions: readonly string[],
): { revision?: string; revisions?: string[] } {
  if (multiple) return { revisions: [...revisions] };
  return revisions[0] === undefined ? {} : { revision: revisions[0] };
}

/** Whether a deployment was made of manifests sent along with the operation: no repository has them. */
export function isOfLocalManifests({
  revision = '',
  revisions = [],
}: Pick<RevisionHistory, 'revision' | 'revisions'>): boolean {
  return revision === '' && revisions.every((one) => one === '');
}

/** Sources in the field that fits the kind of application. */
export function sourceFields(
  multiple: boolean,
  sources: readonly ApplicationSource[],
): { source?: ApplicationSource; sources?: ApplicationSource[] } {
  if (multiple) return { sources: [...sources] };
  return sources[0] === undefined ? {} : { source: sources[0] };
}

/** `<namespace>/<name>` of an Application, for messages. */
export function qualifiedName(app: Pick<Application, 'metadata'>): string {
  return `${app.metadata.namespace ?? ''}/${app.metadata.name ?? ''}`;
}

/** The project an application belongs to; an empty name means `default`. */
export function projectNameOf(spec: Pick<ApplicationSpec, 'project'>): string {
  return spec.project === '' || spec.project === undefined ? 'default' : spec.project;
}
