import { notAcceptable } from '../api-error.ts';
import type { JsonObject } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import { tableOf } from '../tables/table.ts';
import { fromStorageVersion } from '../writes/convert-version.ts';

/** How a client wants objects: whole, as rows of a table, or their metadata only. */
export interface Representation {
  shape: 'object' | 'table' | 'metadata';
  /** `meta.k8s.io` version of a table or of metadata. */
  metaVersion: string;
  /** What rows of a table carry. */
  includeObject: 'None' | 'Metadata' | 'Object';
  format: 'json' | 'yaml';
}

/** The first media type of `Accept` that can be served. Throws 406 when none can. */
export function negotiate(accept: string, query: URLSearchParams): Representation {
  const include = query.get('includeObject');
  const includeObject = include === 'None' || include === 'Object' ? include : 'Metadata';
  const plain: Representation = { shape: 'object', metaVersion: 'v1', includeObject, format: 'json' };
  if (accept === '') return plain;
  for (const offer of accept.split(',')) {
    const [type = '', ...rest] = offer.split(';').map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split('=') as [string, string]));
    const isYaml = type === 'application/yaml';
    if (!isYaml && !['application/json', 'application/*', '*/*'].includes(type)) continue;
    const as = parameters.get('as') ?? '';
    const metaVersion = parameters.get('v') ?? 'v1';
    const format = isYaml ? 'yaml' : 'json';
    if (as.startsWith('Table')) return { ...plain, shape: 'table', metaVersion, format };
    if (as.startsWith('PartialObjectMetadata')) return { ...plain, shape: 'metadata', metaVersion, format };
    if (as === '') return { ...plain, format };
  }
  throw notAcceptable();
}

/** One object as the client wants it. */
export function represent(type: ResourceType, object: StoredObject, as: Representation): JsonObject {
  const converted = fromStorageVersion(type, object);
  switch (as.shape) {
    case 'table':
      return tableOf(type, [converted], { resourceVersion: object.metadata.resourceVersion }, as);
    case 'metadata':
      return partialMetadata(converted, as);
    case 'object':
      return converted;
  }
}

export function representList(
  type: ResourceType,
  objects: StoredObject[],
  metadata: JsonObject,
  as: Representation,
): JsonObject {
  const converted = objects.map((object) => fromStorageVersion(type, object));
  switch (as.shape) {
    case 'table':
      return tableOf(type, converted, metadata, as);
    case 'metadata':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: `meta.k8s.io/${as.metaVersion}`,
        metadata,
        items: converted.map((object) => partialMetadata(object, as)),
      };
    case 'object':
      return { kind: type.listKind, apiVersion: type.apiVersion, metadata, items: converted };
  }
}

function partialMetadata({ metadata }: StoredObject, as: Representation): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${as.metaVersion}`, metadata };
}
