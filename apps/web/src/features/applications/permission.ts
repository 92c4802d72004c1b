import type { Application } from '../../lib/api-types.ts';

const verbs: Record<string, string> = {
  sync: 'sync this application',
  rollback: 'roll this application back',
  delete: 'delete this application',
  update: 'change this application',
  override: 'sync to another revision',
  logs: 'read logs of this application',
};

/** Why a command is not allowed, or undefined when it is. The server decides; an answer without `can` allows. */
export function permission(app: Application | undefined, verb: string): string | undefined {
  if (app?.can?.[verb] !== false) return undefined;
  return `You may not ${verbs[verb] ?? verb}. Someone who manages the project ${app.spec.project} can grant applications/${verb}.`;
}
