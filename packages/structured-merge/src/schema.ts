import { isJsonObject, ownValue } from './json.ts';

/** The part of an OpenAPI v2 or v3 schema object that decides how values merge. Other keywords pass through. */
export interface OpenApiSchema {
  $ref?: string;
  allOf?: OpenApiSchema[];
  type?: string;
  format?: string;
  default?: unknown;
  nullable?: boolean;
  properties?: Record<string, OpenApiSchema>;
  additionalProperties?: boolean | OpenApiSchema;
  items?: OpenApiSchema;
  required?: string[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
  [keyword: string]: unknown;
}

/** An OpenAPI document as an API server sends it for one group and version. */
export interface OpenApiDocument {
  components?: { schemas?: Record<string, OpenApiSchema> };
  [keyword: string]: unknown;
}

const referencePrefix = '#/components/schemas/';

/**
 * The schemas of one or more OpenAPI documents, with their references resolved across documents. Types are compiled on
 * first use and kept, so share one set per cluster.
 */
export class SchemaSet {
  readonly #components: Record<string, OpenApiSchema>;
  readonly #types = new WeakMap<OpenApiSchema, ValueType>();
  readonly #references = new Map<string, OpenApiSchema>();
  #kinds: Map<string, string> | undefined;

  /** `components` by name, as in `#/components/schemas` (v3) or `#/definitions` (v2). */
  constructor(components: Record<string, OpenApiSchema>) {
    this.#components = components;
  }

  /** Later documents win where two define the same component. */
  static fromDocuments(...documents: OpenApiDocument[]): SchemaSet {
    return new SchemaSet(Object.assign({}, ...documents.map((document) => document.components?.schemas ?? {})));
  }

  /** The type of a component by its name, such as `io.k8s.api.apps.v1.Deployment`. */
  component(name: string): ValueType | undefined {
    if (!Object.hasOwn(this.#components, name)) return undefined;
    let reference = this.#references.get(name);
    if (reference === undefined) {
      reference = { $ref: `${referencePrefix}${name}` };
      this.#references.set(name, reference);
    }
    return this.typeOf(reference);
  }

  /** The compiled type of a schema whose references point into this set. */
  typeOf(schema: OpenApiSchema): ValueType {
    let type = this.#types.get(schema);
    if (type === undefined) {
      type = new ValueType(schema, this);
      this.#types.set(schema, type);
    }
    return type;
  }

  /** The type whose `x-kubernetes-group-version-kind` lists this kind. */
  kind(gvk: { group: string; version: string; kind: string }): ValueType | undefined {
    const name = this.componentNameOf(gvk);
    return name === undefined ? undefined : this.component(name);
  }

  /** The name of the component that describes this kind. */
  componentNameOf(gvk: { group: string; version: string; kind: string }): string | undefined {
    this.#kinds ??= this.#indexKinds();
    return this.#kinds.get(`${gvk.group}/${gvk.version}/${gvk.kind}`);
  }

  /** The schema a reference leads to; undefined when the component is unknown. */
  resolve(reference: string): OpenApiSchema | undefined {
    const name = reference.slice(reference.lastIndexOf('/') + 1);
    return Object.hasOwn(this.#components, name) ? this.#components[name] : undefined;
  }

  #indexKinds(): Map<string, string> {
    const kinds = new Map<string, string>();
    for (const [name, schema] of Object.entries(this.#components)) {
      const entries = schema['x-kubernetes-group-version-kind'];
      if (!Array.isArray(entries)) continue;
      // Option types (DeleteOptions, WatchEvent) list every group and version; a kind of its own lists one.
      for (const { group, version, kind } of entries) kinds.set(`${group}/${version}/${kind}`, name);
    }
    return kinds;
  }
}

/** How a value of a type behaves when merged. */
export type Shape = ScalarShape | ListShape | MapShape;

/** One indivisible value. */
interface ScalarShape {
  kind: 'scalar';
}

/** A list: indivisible (`atomic`), a set of scalars, or associative by the `keys` of its items. */
export interface ListShape {
  kind: 'list';
  relation: 'atomic' | 'set' | 'map';
  /** Sorted by name, as path elements want them. */
  keys: { name: string; default: unknown }[];
  item: ValueType;
}

/** A struct, a map, or both: declared fields and the type of all others. */
export interface MapShape {
  kind: 'map';
  atomic: boolean;
  /** True when the schema names the field, as opposed to allowing any key. */
  declares(key: string): boolean;
  /** The type of a field's value; the untyped type when nothing is known about it. */
  field(key: string): ValueType;
  /** False for a closed struct: a field that is not declared is an error. */
  open: boolean;
}

/**
 * The compiled type of a value. References and single `allOf` wrappers are followed; keywords beside the reference win
 * over those of its target, as the API server publishes defaults and list types there.
 */
export class ValueType {
  /** The schema with references followed; undefined when nothing is known. */
  readonly schema: OpenApiSchema | undefined;
  /** The name of the component that the schema refers to; undefined when it is written out in place. */
  readonly component: string | undefined;
  readonly #schemas: SchemaSet;
  readonly #declared: Shape | 'untyped';

  constructor(schema: OpenApiSchema | undefined, schemas: SchemaSet) {
    this.#schemas = schemas;
    const followed = follow(schema, schemas);
    this.schema = followed.schema;
    this.component = followed.component;
    this.#declared = this.#compile();
  }

  /** The declared shape, or the one a value without schema (or of another type than declared) shows by itself. */
  shapeOf(value: unknown): Shape {
    const declared = this.#declared;
    if (declared === 'untyped') {
      if (Array.isArray(value)) return atomicList;
      return value === null || isJsonObject(value) ? untypedMap : scalar;
    }
    if (declared.kind === 'list' && (value === null || value === undefined || Array.isArray(value))) return declared;
    if (declared.kind === 'map' && (value === null || value === undefined || isJsonObject(value))) return declared;
    if (Array.isArray(value)) return atomicList;
    return isJsonObject(value) ? atomicMap : scalar;
  }

  /** What the schema says, whatever the value; `untyped` when it says nothing. */
  get declared(): Shape | 'untyped' {
    return this.#declared;
  }

  /** The type of a declared field, of additional properties, or the untyped type. */
  field(key: string): ValueType {
    const property = this.#property(key);
    return property === undefined ? this.rest : this.#schemas.typeOf(property);
  }

  /** The type of fields that are not declared. */
  get rest(): ValueType {
    const additional = this.schema?.additionalProperties;
    return isJsonObject(additional) ? this.#schemas.typeOf(additional) : untyped;
  }

  /** The type of a list's items. */
  get item(): ValueType {
    const items = this.schema?.items;
    return isJsonObject(items) ? this.#schemas.typeOf(items) : untyped;
  }

  #property(key: string): OpenApiSchema | undefined {
    return ownValue(this.schema?.properties, key) as OpenApiSchema | undefined;
  }

  #compile(): Shape | 'untyped' {
    const schema = this.schema;
    if (schema === undefined) return 'untyped';
    if (schema['x-kubernetes-int-or-string'] === true) return scalar;
    const { type, properties } = schema;
    if (type === undefined && properties === undefined && schema.items === undefined) {
      return isUnionOfScalars(schema) ? scalar : 'untyped';
    }
    if (type === 'array') return this.#compileList(schema);
    if (type === 'object' || properties !== undefined) {
      if (schema['x-kubernetes-preserve-unknown-fields'] === true && properties === undefined) {
        if (schema['x-kubernetes-map-type'] !== 'atomic') return 'untyped';
      }
      return {
        kind: 'map',
        atomic: schema['x-kubernetes-map-type'] === 'atomic',
        declares: (key) => this.#property(key) !== undefined,
        field: (key) => this.field(key),
        open:
          properties === undefined ||
          schema['x-kubernetes-preserve-unknown-fields'] === true ||
          (schema.additionalProperties !== undefined && schema.additionalProperties !== false),
      };
    }
    return scalar;
  }

  #compileList(schema: OpenApiSchema): ListShape {
    const listType = schema['x-kubernetes-list-type'];
    const names = [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort();
    const item = this.item;
    return {
      kind: 'list',
      relation: listType === 'map' || listType === 'set' ? listType : 'atomic',
      keys: names.map((name) => ({ name, default: item.field(name).schema?.default })),
      item,
    };
  }
}

/** A quantity, or an int-or-string, is published by some servers as `oneOf` without a type. */
function isUnionOfScalars(schema: OpenApiSchema): boolean {
  const options = schema['oneOf'] ?? schema['anyOf'];
  if (!Array.isArray(options) || options.length === 0) return false;
  return options.every(
    (option) => isJsonObject(option) && ['string', 'integer', 'number', 'boolean'].includes(String(option['type'])),
  );
}

interface Followed {
  schema: OpenApiSchema | undefined;
  component: string | undefined;
}

function follow(schema: OpenApiSchema | undefined, schemas: SchemaSet): Followed {
  let current = schema;
  let component: string | undefined;
  for (let hops = 0; current !== undefined && hops < 32; hops += 1) {
    // JSONSchemaProps has a property that is itself called `$ref`: only a string is a reference.
    const reference = current.$ref;
    const wrapped = current.allOf;
    let target: OpenApiSchema | undefined;
    if (typeof reference === 'string') {
      target = schemas.resolve(reference);
      component = reference.slice(reference.lastIndexOf('/') + 1);
    } else if (Array.isArray(wrapped) && wrapped.length === 1) {
      target = wrapped[0];
    } else {
      break;
    }
    const { $ref: _reference, allOf: _wrapped, ...beside } = current;
    if (target === undefined) return { schema: 'type' in beside ? beside : undefined, component: undefined };
    current = Object.keys(beside).length === 0 ? target : { ...target, ...beside };
  }
  return { schema: current, component };
}

/** Nothing is known: maps merge per key, lists are replaced as a whole, as the API server deduces without a schema. */
export const untyped: ValueType = new ValueType(undefined, new SchemaSet({}));

const scalar: ScalarShape = { kind: 'scalar' };
const atomicList: ListShape = { kind: 'list', relation: 'atomic', keys: [], item: untyped };
const untypedMap: MapShape = { kind: 'map', atomic: false, declares: () => false, field: () => untyped, open: true };
const atomicMap: MapShape = { ...untypedMap, atomic: true };

/** The type of a schema on its own, such as a CustomResourceDefinition's `openAPIV3Schema`. */
export function typeOfSchema(schema: OpenApiSchema, schemas: SchemaSet = new SchemaSet({})): ValueType {
  return schemas.typeOf(schema);
}
