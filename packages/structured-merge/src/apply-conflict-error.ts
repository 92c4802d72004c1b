import { fieldPaths } from './field-set.ts';
import type { OwnedFields, OwnedFieldsMap } from './managed-fields-entry.ts';
import type { FieldConflict } from './managers.ts';

/** One field that another manager owns. */
export interface ApplyConflict {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource?: string;
  /** As the API server writes it, such as `.spec.template.spec.containers[name="web"].image`. */
  field: string;
}

/** A cause as the API server's Status carries it. */
export interface ApplyConflictCause {
  reason: 'FieldManagerConflict';
  message: string;
  field: string;
}

/** Server-side apply would change fields that others own; the message is the API server's (HTTP 409, reason Conflict). */
export class ApplyConflictError extends Error {
  override readonly name = 'ApplyConflictError';
  readonly conflicts: ApplyConflict[];
  readonly causes: ApplyConflictCause[];

  constructor(conflicts: FieldConflict[], owners: OwnedFieldsMap) {
    const inOrder = [...conflicts].sort((a, b) => (a.manager < b.manager ? -1 : 1));
    const found = inOrder.flatMap(({ manager, fields }) => {
      const owner = owners.get(manager);
      return owner === undefined ? [] : fieldPaths(fields).map((field) => ({ owner, field }));
    });
    super(messageOf(found));
    this.conflicts = found.map(({ owner, field }) => ({
      manager: owner.identity.manager,
      operation: owner.identity.operation,
      apiVersion: owner.identity.apiVersion,
      ...(owner.identity.subresource === '' ? {} : { subresource: owner.identity.subresource }),
      field,
    }));
    this.causes = found.map(({ owner, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${describeManager(owner)}`,
      field,
    }));
  }
}

function messageOf(found: { owner: OwnedFields; field: string }[]): string {
  const [first] = found;
  if (found.length === 1 && first !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${describeManager(first.owner)}: ${first.field}`;
  }
  const byManager = new Map<string, string[]>();
  for (const { owner, field } of found) {
    const manager = describeManager(owner);
    byManager.set(manager, [...(byManager.get(manager) ?? []), field]);
  }
  const lines = [...byManager].flatMap(([manager, fields]) => [
    `conflicts with ${manager}:`,
    ...fields.map((field) => `- ${field}`),
  ]);
  return `Apply failed with ${found.length} conflicts: ${lines.join('\n')}`;
}

function describeManager({ identity }: OwnedFields): string {
  const name = JSON.stringify(identity.manager);
  const named = identity.subresource === '' ? name : `${name} with subresource ${JSON.stringify(identity.subresource)}`;
  return identity.operation === 'Update' ? `${named} using ${identity.apiVersion}` : named;
}
