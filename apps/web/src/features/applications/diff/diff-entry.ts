import type { ResourceRef } from '../../../lib/api-types.ts';
import type { FieldChange } from '../../../lib/field-diff.ts';
import { diffFields } from '../../../lib/field-diff.ts';
import { fromYaml } from '../../../lib/yaml.ts';

/** One resource in two states, as YAML. An absent side means it does not exist there. */
export interface DiffEntry {
  id: string;
  ref: ResourceRef;
  before?: string | undefined;
  after?: string | undefined;
}

export type DiffChange = 'added' | 'removed' | 'changed' | 'unchanged';

export function changeOf({ before, after }: DiffEntry): DiffChange {
  if (before === undefined) return 'added';
  if (after === undefined) return 'removed';
  return before === after ? 'unchanged' : 'changed';
}

/** The changed fields; a resource that comes or goes has no interesting fields, only its whole text. */
export function fieldsOf(entry: DiffEntry): FieldChange[] {
  return changeOf(entry) === 'changed' ? diffFields(parse(entry.before), parse(entry.after)) : [];
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return fromYaml(text);
  } catch {
    // Masked values may not be YAML any more; the text view still shows them.
    return text;
  }
}
