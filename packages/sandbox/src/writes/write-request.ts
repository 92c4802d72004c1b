import type { UserInfo } from '../authentication/user-info.ts';

/** Who writes and how, the same for one whole request. */
export interface WriteRequest {
  user: UserInfo;
  /** The field manager: `fieldManager`, or the program's name from the User-Agent. */
  manager: string;
  dryRun: boolean;
  fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  /** Texts for `Warning` headers; writes add to it. */
  warnings: string[];
  /** '' for the object itself. */
  subresource: string;
  /** What errors about a patch quote: the patched object, or a strategic patch as Go prints it. */
  patch?: () => string;
}

/** A write by the control plane itself, under a controller's name. */
export function controllerRequest(manager: string, subresource = ''): WriteRequest {
  return {
    user: { username: `system:${manager}`, groups: ['system:masters', 'system:authenticated'] },
    manager,
    dryRun: false,
    fieldValidation: 'Ignore',
    warnings: [],
    subresource,
  };
}

/** Now, as Kubernetes writes it: UTC, whole seconds. */
export function timestamp(date = new Date()): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
