import { type OpenApiDocument, type OpenApiSchema, SchemaSet, type ValueType } from '@lockstep/structured-merge';
import { loadBuiltInOpenApi } from './load.ts';
import { pathsOf, rootPathOf } from './paths.ts';
import { resourceCatalog } from './resource-catalog.ts';

const componentPrefix = '#/components/schemas/';
let schemas: SchemaSet | undefined;
const documents = new Map<string, OpenApiDocument>();

/** All built-in components as one set. Shared, so that types are compiled once per process. */
export function builtInSchemas(): SchemaSet {
  schemas ??= new SchemaSet(loadBuiltInOpenApi().components);
  return schemas;
}

/** The type of a built-in kind, options and review kinds included. */
export function builtInType(gvk: { group: string; version: string; kind: string }): ValueType | undefined {
  return builtInSchemas().kind(gvk);
}

/** The component that describes a built-in kind. */
export function componentFor(gvk: { group: string; version: string; kind: string }): string | undefined {
  return builtInSchemas().componentNameOf(gvk);
}

/** The index of `/openapi/v3` for the built-in groups; the caller adds its own and the hashes. Keys have no leading slash. */
export function openApiIndex(): { paths: Record<string, { serverRelativeURL: string }> } {
  const keys = [...new Set(resourceCatalog.map((resource) => rootPathOf(resource).slice(1)))];
  return { paths: Object.fromEntries(keys.map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}` }])) };
}

/** The OpenAPI v3 document of one group version (`api/v1`, `apis/apps/v1`); undefined when it is not built in. */
export function openApiDocument(path: string): OpenApiDocument | undefined {
  const known = documents.get(path);
  if (known !== undefined) return known;
  const resources = resourceCatalog.filter((resource) => rootPathOf(resource) === `/${path}`);
  if (resources.length === 0) return undefined;
  const { components } = loadBuiltInOpenApi();
  const paths = pathsOf(resources, componentFor);
  const lists = resources.map((one) => componentFor({ ...one, kind: `${one.kind}List` }));
  const roots = lists.filter((name) => name !== undefined).map((name) => ({ $ref: componentPrefix + name }));
  const document = completeDocument('Kubernetes', paths, reachableComponents([paths, roots], components));
  documents.set(path, document);
  return document;
}

/** An OpenAPI document of these paths and components. */
export function completeDocument(
  title: string,
  paths: Record<string, unknown>,
  components: Record<string, OpenApiSchema>,
): OpenApiDocument {
  return { openapi: '3.0.0', info: { title, version: 'v1.36.0' }, paths, components: { schemas: components } };
}

/** The components that a value refers to, directly and through each other. */
export function reachableComponents(
  from: unknown,
  components: Record<string, OpenApiSchema>,
): Record<string, OpenApiSchema> {
  const found = new Map<string, OpenApiSchema>();
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    for (const [key, child] of Object.entries(value)) {
      if (key !== '$ref' || typeof child !== 'string') {
        visit(child);
        continue;
      }
      const name = child.slice(componentPrefix.length);
      const component = components[name];
      if (component === undefined || found.has(name)) continue;
      found.set(name, component);
      visit(component);
    }
  };
  visit(from);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
