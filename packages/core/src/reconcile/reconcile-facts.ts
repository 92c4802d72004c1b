import type { AppProject } from '../application/app-project.ts';
import type { Application, ApplicationKey } from '../application/application.ts';
import { effectiveProject } from '../application/project-permissions.ts';
import { projectNameOf } from '../application/sources.ts';
import { ANNOTATION_REFRESH } from '../kubernetes/annotations.ts';
import { appInstanceName } from '../kubernetes/tracking.ts';
import type { Settings } from '../settings/settings.ts';
import type { ReconcileWorld } from './reconcile-world.ts';

/** What the stages of one reconciliation share. Read once, so that they agree with each other. */
export interface ReconcileFacts {
  key: ApplicationKey;
  application: Application;
  instanceName: string;
  settings: Settings;
  /** As it is now, global projects merged in; undefined when it does not exist. */
  project: AppProject | undefined;
  destinationNamespace: string;
  refresh: 'normal' | 'hard' | undefined;
  now: Date;
}

export function factsOf(world: ReconcileWorld, application: Application): ReconcileFacts {
  const settings = world.settings();
  const key = { namespace: application.metadata.namespace ?? '', name: application.metadata.name ?? '' };
  return {
    key,
    application,
    instanceName: appInstanceName(key, world.controlPlaneNamespace),
    settings,
    project: effectiveProject(projectNameOf(application.spec), world.projects(), settings.globalProjects),
    destinationNamespace: application.spec.destination.namespace ?? '',
    refresh: requestedRefresh(application),
    now: world.now(),
  };
}

/** Any value asks for a refresh; only `hard` also drops rendered manifests. */
function requestedRefresh(application: Application): 'normal' | 'hard' | undefined {
  const value = application.metadata.annotations?.[ANNOTATION_REFRESH];
  if (value === undefined) return undefined;
  return value === 'hard' ? 'hard' : 'normal';
}
