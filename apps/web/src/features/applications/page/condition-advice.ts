import type { Condition } from '../../../lib/api-types.ts';

/** A sentence of a message that asks for something, as the server's own errors end with. */
const instruction =
  /(?:^|[.;:] )(?:Add|Change|Check|Choose|Confirm|Correct|Give|Grant|Keep|Make|Push|Raise|Register|Remove|Rename|Restore|Set|Start|Use|Wait) /m;

/** What a person can do about a condition, or undefined when its own message says it all. */
export function conditionAdvice({ type, message }: Condition): string | undefined {
  const text = message.toLowerCase();
  if (/authentication required|authorization failed|permission denied \(publickey|could not read username/.test(text))
    return 'Renew the credentials of the repository under Platform → Repositories, then refresh.';
  if (/x509|certificate/.test(text))
    return 'Check the certificate of the server named in the message, or add its authority to the trusted ones.';
  if (/no such host|connection refused|i\/o timeout|dial tcp/.test(text) && !instruction.test(message))
    return 'The address did not answer. Check it and the network between, then refresh.';
  if (/immutable|forbidden: updates to statefulset|field is immutable/.test(text))
    return 'An immutable field changes. Sync with Force to delete and create the resource again, or revert the change in Git.';
  // The message says what to do, or names the ways to go on.
  if (instruction.test(message) || text.startsWith('skipping sync attempt')) return undefined;
  if (/app path does not exist|path .* does not exist/.test(text))
    return 'Correct the path of the source, or push the missing folder.';
  switch (type) {
    case 'ComparisonError':
      return 'The application cannot be compared until this is solved. Refresh after you have changed something.';
    case 'SyncError':
      return 'Correct the failed resource in Git and sync again. Operation shows which one it is.';
    case 'InvalidSpecError':
      return 'Correct the source, destination or project of the application.';
    case 'OrphanedResourceWarning':
      return 'These resources are in the namespace but in no application. Add them to Git or delete them.';
    case 'SharedResourceWarning':
      return 'Another application manages the same resource. Remove it from one of the two.';
    case 'ExcludedResourceWarning':
      return 'The resource is excluded by the settings of the server. Remove it from Git or from the exclusions.';
    case 'DeletionError':
      return 'Deletion waits for a resource that does not go away. Look for finalizers on it.';
    default:
      return undefined;
  }
}

/** Errors stop the application; warnings do not. */
export function isErrorCondition({ type }: Condition): boolean {
  return type.endsWith('Error');
}
