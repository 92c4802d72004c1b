import { api } from '../../lib/api-client.ts';
import type { Application, Plan, ResourceRef } from '../../lib/api-types.ts';
import { type ApplicationKey, applicationPath, inNamespace, resourceQuery } from './queries.ts';

export interface SyncOptions {
  prune: boolean;
  force: boolean;
  dryRun: boolean;
  /** Run the hooks around the resources; otherwise they are left out. */
  runHooks: boolean;
  resources?: ResourceRef[] | undefined;
  revision?: string | undefined;
  /** The person saw that nothing would be left. */
  allowEmpty?: boolean;
}

export interface RollbackOptions {
  id: number;
  prune: boolean;
  reason: string;
  /** `manual`, `next-commit` or an ISO time. */
  resume: string;
  runHooks: boolean;
  /** The person saw that nothing would be left. */
  allowEmpty?: boolean;
}

export function computePlan(
  key: ApplicationKey,
  options: Partial<SyncOptions> & { historyId?: number | undefined },
): Promise<Plan> {
  return api.post<Plan>(
    applicationPath(key, 'plans'),
    {
      prune: options.prune,
      ...(options.revision && { revision: options.revision }),
      ...(options.historyId !== undefined && { historyId: options.historyId, runHooks: options.runHooks ?? false }),
      ...(options.resources && { resources: options.resources.map(toSyncResource) }),
      ...(options.historyId === undefined && {
        strategy: strategyOf({ force: options.force ?? false, runHooks: options.runHooks ?? true }),
      }),
    },
    inNamespace(key),
  );
}

export function syncApplication(key: ApplicationKey, options: SyncOptions, planId?: string): Promise<Application> {
  return api.post<Application>(
    applicationPath(key, 'sync'),
    {
      ...inNamespace(key),
      prune: options.prune,
      dryRun: options.dryRun,
      strategy: strategyOf(options),
      ...(planId && { planId }),
      ...(options.allowEmpty && { allowEmpty: true }),
      ...(options.revision && { revision: options.revision }),
      ...(options.resources && { resources: options.resources.map(toSyncResource) }),
    },
    inNamespace(key),
  );
}

function strategyOf({ force, runHooks }: Pick<SyncOptions, 'force' | 'runHooks'>) {
  return runHooks ? { hook: { force } } : { apply: { force } };
}

export function refreshApplication(key: ApplicationKey, mode: 'normal' | 'hard'): Promise<Application> {
  return api.get<Application>(applicationPath(key), { ...inNamespace(key), refresh: mode });
}

export function rollbackApplication(
  key: ApplicationKey,
  options: RollbackOptions,
  planId?: string,
): Promise<Application> {
  return api.post<Application>(
    applicationPath(key, 'rollback'),
    { ...inNamespace(key), ...options, ...(planId && { planId }) },
    inNamespace(key),
  );
}

export const resumeApplication = (key: ApplicationKey): Promise<unknown> =>
  api.delete(applicationPath(key, 'hold'), inNamespace(key));

export const terminateOperation = (key: ApplicationKey): Promise<unknown> =>
  api.delete(applicationPath(key, 'operation'), inNamespace(key));

/**
 * Agrees to what `Prune=confirm` or `Delete=confirm` asks about since `askedAt`; what comes later asks again. The clock of
 * this machine may be behind the server's.
 */
export const confirmDeletions = (key: ApplicationKey, askedAt: string): Promise<unknown> =>
  api.patch(
    applicationPath(key),
    {
      ...inNamespace(key),
      patchType: 'merge',
      patch: JSON.stringify({
        metadata: {
          annotations: {
            'argocd.argoproj.io/deletion-approved': new Date(Math.max(Date.now(), Date.parse(askedAt))).toISOString(),
          },
        },
      }),
    },
    inNamespace(key),
  );

export function deleteApplication(
  key: ApplicationKey,
  cascade: 'foreground' | 'background' | 'keep',
): Promise<unknown> {
  return api.delete(applicationPath(key), {
    ...inNamespace(key),
    cascade: cascade !== 'keep',
    ...(cascade !== 'keep' && { propagationPolicy: cascade }),
  });
}

export const createApplication = (app: unknown): Promise<Application> =>
  api.post<Application>('api/v1/applications', app);

export function runResourceAction(
  key: ApplicationKey,
  ref: ResourceRef,
  action: string,
  parameters: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { namespace, resourceName, version, group, kind } = resourceQuery(key, ref);
  return api.post(
    applicationPath(key, 'resource/actions/v2'),
    {
      ...inNamespace(key),
      namespace,
      resourceName,
      version,
      group,
      kind,
      action,
      resourceActionParameters: Object.entries(parameters).map(([name, value]) => ({ name, value })),
    },
    inNamespace(key),
  );
}

export function deleteResource(
  key: ApplicationKey,
  ref: ResourceRef,
  mode: 'foreground' | 'force' | 'orphan',
): Promise<unknown> {
  return api.delete(applicationPath(key, 'resource'), {
    ...resourceQuery(key, ref),
    force: mode === 'force',
    orphan: mode === 'orphan',
  });
}

function toSyncResource({ group = '', kind, name, namespace = '' }: ResourceRef) {
  return { group, kind, name, namespace };
}
