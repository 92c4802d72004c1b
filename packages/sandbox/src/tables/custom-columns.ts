import { type JsonObject, numberAt, stringAt } from '../json.ts';
import { age } from './age.ts';
import { valuesAt } from './json-path.ts';
import type { Column } from './table.ts';

/** The columns a CustomResourceDefinition asks for; just the age when it asks for none. */
export function customColumns(printerColumns: JsonObject[]): Column[] {
  if (printerColumns.length === 0) {
    return [{ name: 'Age', type: 'date', cell: (object) => age(object.metadata.creationTimestamp) }];
  }
  return printerColumns.map((column) => {
    const type = (stringAt(column, 'type') ?? 'string') as Column['type'];
    const path = stringAt(column, 'jsonPath') ?? '';
    return {
      name: stringAt(column, 'name') ?? '',
      type,
      format: stringAt(column, 'format') ?? '',
      description: stringAt(column, 'description') ?? '',
      priority: numberAt(column, 'priority') ?? 0,
      cell: (object) => cellValue(type, valuesAt(path, object)[0]),
    };
  });
}

function cellValue(type: Column['type'], value: unknown): unknown {
  if (value === undefined || value === null) return type === 'date' ? '<unknown>' : null;
  switch (type) {
    case 'date':
      return age(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'string':
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
}
