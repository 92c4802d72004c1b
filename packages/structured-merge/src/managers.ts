import type { FieldSet } from './field-set.ts';

/** What one field manager owns. */
export interface ManagedFields {
  set: FieldSet;
  /** Set by server-side apply, as opposed to any other write. */
  applied: boolean;
}

/** Owners of an object's fields by an identifier the caller chooses. */
export type Managers = ReadonlyMap<string, ManagedFields>;

/** Fields that another manager owns and the new value changes. */
export interface FieldConflict {
  manager: string;
  fields: FieldSet;
}

/** A server-side apply without force would change fields of other managers. */
export class FieldConflictError extends Error {
  override readonly name = 'FieldConflictError';
  readonly conflicts: FieldConflict[];
  constructor(conflicts: FieldConflict[]) {
    super(`conflicts with ${conflicts.map(({ manager }) => manager).join(', ')}`);
    this.conflicts = conflicts;
  }
}
