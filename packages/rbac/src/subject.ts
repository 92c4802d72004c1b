/** Who asks. */
export interface Subject {
  /** `local` accounts and `project-token`s are ours; `sso` names come from an identity provider and are not trusted to be ours. */
  kind: 'local' | 'sso' | 'project-token' | 'anonymous';
  /** As policies name it: an account, the `sub` of the identity provider, or `proj:<project>:<role>`. */
  name: string;
  /** Values of the claims that `scopes` names. */
  groups: readonly string[];
}

/** A name that only we may give out: no user or group of an identity provider can be one. */
export function isReservedName(name: string): boolean {
  return name.startsWith('role:') || name.startsWith('proj:');
}

/** The project whose roles count for a request, or undefined. */
export function projectOf(resource: string, object: string): string | undefined {
  switch (resource) {
    case 'applications':
    case 'applicationsets':
    case 'logs':
    case 'exec':
    case 'repositories':
    case 'write-repositories':
    case 'clusters': {
      const slash = object.indexOf('/');
      return slash <= 0 ? undefined : object.slice(0, slash);
    }
    case 'projects':
      return object;
    default:
      return undefined;
  }
}

/** The project of a project token's subject `proj:<project>:<role>`. */
export function projectOfToken(subject: Subject): string | undefined {
  return subject.kind === 'project-token' ? subject.name.split(':')[1] : undefined;
}
