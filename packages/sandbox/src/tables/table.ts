import type { JsonObject } from '../json.ts';
import type { Representation } from '../requests/representation.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import { builtInColumns } from './columns.ts';
import { customColumns } from './custom-columns.ts';

/** One column of `kubectl get`, with how to fill it. */
export interface Column {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format?: string;
  description?: string;
  /** 0 is always shown, 1 with `-o wide`. */
  priority?: number;
  cell: (object: StoredObject) => unknown;
}

const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  cell: (object) => object.metadata.name,
};

/** A `meta.k8s.io Table` of objects. */
export function tableOf(
  type: ResourceType,
  objects: StoredObject[],
  metadata: JsonObject,
  as: Representation,
): JsonObject {
  const own = type.custom === undefined ? builtInColumns(type) : customColumns(type.custom.printerColumns);
  // Events are told apart by when and what, their names are noise.
  const columns = type.kind === 'Event' ? own : [nameColumn, ...own];
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${as.metaVersion}`,
    metadata,
    columnDefinitions: columns.map((column) => ({
      name: column.name,
      type: column.type,
      format: column.format ?? '',
      description: column.description ?? '',
      priority: column.priority ?? 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object) ?? null),
      ...rowObject(object, as),
    })),
  };
}

function rowObject(object: StoredObject, { includeObject, metaVersion }: Representation): JsonObject {
  switch (includeObject) {
    case 'None':
      return { object: null };
    case 'Object':
      return { object };
    case 'Metadata':
      return {
        object: { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${metaVersion}`, metadata: object.metadata },
      };
  }
}
