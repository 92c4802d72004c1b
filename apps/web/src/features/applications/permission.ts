import type { ApplicationPermissions } from '@lockstep/contract';
import type { Application } from '../../lib/api-types.ts';

const verbs: Record<keyof ApplicationPermissions, string> = {
  sync: 'sync this application',
  rollback: 'roll this application back',
  delete: 'delete this application',
  update: 'change this application',
  override: 'sync to another revision',
  logs: 'read logs of this application',
  exec: 'open a terminal in this application',
};

/** Why a command is not allowed, or undefined when it is. The server decides; an answer without `can` allows. */
export function permission(app: Application | undefined, verb: keyof ApplicationPermissions): string | undefined {
  if (app?.can?.[verb] !== false) return undefined;
  return `You may not ${verbs[verb]}. Someone who manages the project ${app.spec.project} can grant applications/${verb}.`;
}
