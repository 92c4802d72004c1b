import { TerminalError } from '../errors.ts';
import type { AppProject } from './app-project.ts';
import { globMatch } from './glob.ts';

/**
 * The ServiceAccount a sync impersonates, as a user name, or undefined for our own identity. The first entry of
 * `destinationServiceAccounts` that matches decides. Throws `TerminalError` when impersonation is on and enforced and
 * none matches: falling back to our own rights would widen what the project may do.
 */
export function syncServiceAccount({
  project,
  destination,
  settings,
}: {
  project: AppProject;
  destination: { server: string; namespace: string };
  settings: { impersonation: { enabled: boolean; enforced: boolean } };
}): string | undefined {
  if (!settings.impersonation.enabled) return undefined;
  for (const entry of project.spec.destinationServiceAccounts ?? []) {
    if (!globMatch(entry.server, destination.server)) continue;
    if (!globMatch(entry.namespace ?? '', destination.namespace)) continue;
    return userName(entry.defaultServiceAccount, destination.namespace, project);
  }
  if (!settings.impersonation.enforced) return undefined;
  throw new TerminalError(
    'ImpersonationServiceAccountMissing',
    `no matching service account found for destination server ${destination.server} and namespace ${destination.namespace}`,
    { fix: `Add an entry to spec.destinationServiceAccounts of project ${project.metadata.name ?? ''}` },
  );
}

function userName(serviceAccount: string, destinationNamespace: string, project: AppProject): string {
  const parts = serviceAccount.split(':');
  const [namespace, name] = parts.length > 1 ? [parts[0], parts[1]] : [destinationNamespace, parts[0]];
  if (name === undefined || name.trim() === '' || /[*?[\]{}!]/.test(serviceAccount)) {
    throw new TerminalError('InvalidServiceAccount', `default service account "${serviceAccount}" is not valid`, {
      fix: `Name one ServiceAccount in spec.destinationServiceAccounts of project ${project.metadata.name ?? ''}, as name or namespace:name`,
    });
  }
  return `system:serviceaccount:${namespace}:${name}`;
}
