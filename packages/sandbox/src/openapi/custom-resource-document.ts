import { type OpenApiDocument, type OpenApiSchema, SchemaSet, type ValueType } from '@lockstep/structured-merge';
import { completeDocument, reachableComponents } from './documents.ts';
import { loadBuiltInOpenApi } from './load.ts';
import { type PathResource, pathsOf } from './paths.ts';

/** One kind of a CustomResourceDefinition, in one version. */
interface CustomKind {
  kind: string;
  listKind: string;
  plural: string;
  namespaced: boolean;
  /** `openAPIV3Schema` of the version; without one every field is kept. */
  schema?: OpenApiSchema;
  subresources: ('status' | 'scale')[];
}

const metaPrefix = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const readWriteVerbs = ['get', 'patch', 'update'];

/** The OpenAPI v3 document that the API server publishes for the custom kinds of one group version. */
export function customResourceDocument(input: {
  group: string;
  version: string;
  kinds: CustomKind[];
}): OpenApiDocument {
  const { group, version, kinds } = input;
  const builtIn = loadBuiltInOpenApi().components;
  const own: Record<string, OpenApiSchema> = {};
  for (const kind of kinds) {
    const gvk = { group, version, kind: kind.kind };
    own[componentNameOf(gvk)] = objectSchema(kind, gvk);
    own[componentNameOf({ ...gvk, kind: kind.listKind })] = listSchema(kind, { ...gvk, kind: kind.listKind }, gvk);
  }
  const resources = kinds.map((kind) => pathResourceOf(kind, group, version));
  const paths = pathsOf(resources, (gvk) => componentNameIn(own, builtIn, gvk));
  return completeDocument('Kubernetes CRD Swagger', paths, {
    ...reachableComponents([own, paths], builtIn),
    ...own,
  });
}

/** The type of a custom kind in a document made by `customResourceDocument`. Throws when the document lacks the kind. */
export function customResourceType(
  document: OpenApiDocument,
  gvk: { group: string; version: string; kind: string },
): ValueType {
  const type = SchemaSet.fromDocuments(document).kind(gvk);
  if (type === undefined) throw new Error(`the document does not describe ${gvk.kind} of ${gvk.group}/${gvk.version}`);
  return type;
}

/** `com.example.stable.v1.CronTab` for CronTab of stable.example.com/v1, as upstream names it. */
function componentNameOf({ group, version, kind }: { group: string; version: string; kind: string }): string {
  return [...group.split('.').reverse(), version, kind].join('.');
}

function componentNameIn(
  own: Record<string, OpenApiSchema>,
  builtIn: Record<string, OpenApiSchema>,
  gvk: { group: string; version: string; kind: string },
): string | undefined {
  const name = componentNameOf(gvk);
  if (own[name] !== undefined) return name;
  const scale = 'io.k8s.api.autoscaling.v1.Scale';
  return gvk.kind === 'Scale' && builtIn[scale] !== undefined ? scale : undefined;
}

function pathResourceOf(kind: CustomKind, group: string, version: string): PathResource {
  return {
    group,
    version,
    kind: kind.kind,
    plural: kind.plural,
    namespaced: kind.namespaced,
    verbs,
    subresources: kind.subresources.map((name) =>
      name === 'scale'
        ? { name, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: readWriteVerbs }
        : { name, group, version, kind: kind.kind, verbs: readWriteVerbs },
    ),
  };
}

/** The author's schema with the fields every object has; metadata is what the API server says, not the author. */
function objectSchema(kind: CustomKind, gvk: { group: string; version: string; kind: string }): OpenApiSchema {
  const schema: OpenApiSchema = kind.schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return { ...asObject(withEmbeddedResources(schema)), 'x-kubernetes-group-version-kind': [gvk] };
}

function asObject(schema: OpenApiSchema): OpenApiSchema {
  return {
    ...schema,
    type: 'object',
    properties: {
      ...schema.properties,
      apiVersion: { type: 'string', description: 'APIVersion defines the versioned schema of this object.' },
      kind: { type: 'string', description: 'Kind is a string value representing the REST resource.' },
      metadata: {
        allOf: [{ $ref: `#/components/schemas/${metaPrefix}.ObjectMeta` }],
        description: "Standard object's metadata.",
      },
    },
  };
}

/** Whole objects inside an object (`x-kubernetes-embedded-resource`) have an identity of their own, declared or not. */
function withEmbeddedResources(schema: OpenApiSchema): OpenApiSchema {
  const { properties, items, additionalProperties } = schema;
  const complete: OpenApiSchema = {
    ...schema,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, property]) => [name, withEmbeddedResources(property)]),
          ),
        }),
    ...(items === undefined ? {} : { items: withEmbeddedResources(items) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: withEmbeddedResources(additionalProperties) }
      : {}),
  };
  return schema['x-kubernetes-embedded-resource'] === true ? asObject(complete) : complete;
}

function listSchema(
  kind: CustomKind,
  listGvk: { group: string; version: string; kind: string },
  itemGvk: { group: string; version: string; kind: string },
): OpenApiSchema {
  return {
    description: `${kind.listKind} is a list of ${kind.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: `#/components/schemas/${metaPrefix}.ListMeta` }] },
      items: { type: 'array', items: { $ref: `#/components/schemas/${componentNameOf(itemGvk)}` } },
    },
    'x-kubernetes-group-version-kind': [listGvk],
  };
}
