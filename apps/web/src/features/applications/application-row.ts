import type { Application, ApplicationSource, Hold } from '../../lib/api-types.ts';

/** The first source; a few applications have several. */
export function sourceOf(app: Application): ApplicationSource {
  return app.spec.source ?? app.spec.sources?.[0] ?? { repoURL: '' };
}

/** Resources that differ from Git or are to be pruned. */
export function outOfSyncCount(app: Application): number {
  return (app.status?.resources ?? []).filter((each) => each.status === 'OutOfSync').length;
}

export function autoSyncOf(app: Application): 'on' | 'off' | 'held' {
  const automated = app.spec.syncPolicy?.automated;
  if (!automated || automated.enabled === false) return 'off';
  return holdOf(app) ? 'held' : 'on';
}

const holdAnnotation = 'lockstep.dev/hold';

/** The hold of an application, which lives in an annotation so that `spec` stays as Git has it. */
export function holdOf({ metadata }: Pick<Application, 'metadata'>): Hold | undefined {
  const text = metadata.annotations?.[holdAnnotation];
  if (!text) return undefined;
  const unreadable: Hold = {
    historyId: 0,
    revision: '',
    by: '',
    at: '',
    reason: `The annotation ${holdAnnotation} cannot be read`,
    resume: 'manual',
  };
  try {
    return { ...unreadable, reason: '', ...(JSON.parse(text) as Partial<Hold>) };
  } catch {
    return unreadable;
  }
}

/** Whether something is being done to an application, or was asked for and waits to start. */
export function isBusy(app: Application): boolean {
  const phase = app.status?.operationState?.phase;
  return phase === 'Running' || phase === 'Terminating' || app.operation !== undefined;
}

export const rowKey = (row: { namespace: string; name: string }): string => `${row.namespace}/${row.name}`;

/** How a destination is called: the cluster's name, or the host of its address. */
export function clusterLabel({ name, server }: { name?: string; server?: string }): string {
  if (name) return name;
  if (!server) return '';
  if (server === 'https://kubernetes.default.svc') return 'in-cluster';
  try {
    return new URL(server).host;
  } catch {
    return server;
  }
}

/** `https://git.example.com/team/shop.git` → `team/shop`. */
export function repoLabel(repoURL: string): string {
  const path = repoURL
    .replace(/^[a-z+]+:\/\/[^/]+\//i, '')
    .replace(/^[^@]+@[^:]+:/, '')
    .replace(/\.git$/, '')
    .replace(/\/$/, '');
  return path || repoURL.replace(/^[a-z+]+:\/\//i, '');
}

/** Seven characters of a commit; chart versions and tags as they are. */
export function shortRevision(revision: string | undefined): string {
  return revision && /^[0-9a-f]{40}$/i.test(revision) ? revision.slice(0, 7) : (revision ?? '');
}
