import { isEmptySet, unionSets } from './field-set.ts';
import {
  decodeManagedFields,
  encodeManagedFields,
  identifierOf,
  type ManagedFieldsEntry,
} from './managed-fields-entry.ts';

/**
 * Moves what client-side appliers (Update entries of `from`) own to a server-side applier, so that dropping a field from
 * Git removes it from the cluster after the switch. Entries of subresources stay. Returns undefined when there is
 * nothing to move, so that no patch is sent.
 */
export function adoptManagedFields(
  entries: ManagedFieldsEntry[],
  request: { from: readonly string[]; to: string },
): ManagedFieldsEntry[] | undefined {
  const owners = decodeManagedFields(entries);
  const target = { manager: request.to, operation: 'Apply' as const, apiVersion: '', subresource: '' };
  const identifier = identifierOf(target);
  let isMoved = false;
  for (const [id, owner] of [...owners]) {
    const { manager, operation, subresource, apiVersion } = owner.identity;
    const isAdopted =
      id !== identifier &&
      subresource === '' &&
      request.from.includes(manager) &&
      (operation === 'Update' || manager !== request.to);
    if (!isAdopted) continue;
    isMoved = true;
    owners.delete(id);
    const known = owners.get(identifier);
    owners.set(identifier, {
      identity: known?.identity ?? { ...target, apiVersion },
      set: known === undefined ? owner.set : unionSets(known.set, owner.set),
      applied: true,
      time: known?.time ?? owner.time,
    });
  }
  if (!isMoved) return undefined;
  return encodeManagedFields(new Map([...owners].filter(([, owner]) => !isEmptySet(owner.set))));
}
