import { createHash } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import { customResourceDocument, openApiDocument, openApiIndex } from '../openapi/index.ts';
import type { ResourceRegistry } from '../resources/resource-registry.ts';
import type { ResourceType } from '../resources/resource-type.ts';

/** The OpenAPI v3 documents of the built-in groups and of those that CustomResourceDefinitions define. */
export class OpenApiDocuments {
  private readonly registry: ResourceRegistry;
  private readonly hashes = new Map<string, { generation: number; hash: string }>();

  constructor(registry: ResourceRegistry) {
    this.registry = registry;
  }

  /** `/openapi/v3`: where each document is, with the hash of its content, so that clients may cache it forever. */
  index(): JsonObject {
    const { paths } = openApiIndex();
    const all: JsonObject = { ...paths };
    for (const path of this.customPaths().keys()) {
      all[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${this.hashOf(path)}` };
    }
    return { paths: all };
  }

  /** The document at `apis/<group>/<version>`; undefined when there is none. */
  document(path: string): unknown {
    const types = this.customPaths().get(path);
    if (types === undefined) return openApiDocument(path);
    const [first] = types;
    if (first === undefined) return undefined;
    return customResourceDocument({
      group: first.group,
      version: first.version,
      kinds: types.map((type) => ({
        kind: type.kind,
        listKind: type.listKind,
        plural: type.plural,
        namespaced: type.namespaced,
        ...(type.custom?.schema === undefined ? {} : { schema: type.custom.schema }),
        subresources: type.subresources.map(({ name }) => name as 'status' | 'scale'),
      })),
    });
  }

  private customPaths(): Map<string, ResourceType[]> {
    const paths = new Map<string, ResourceType[]>();
    for (const type of this.registry.all()) {
      if (type.custom === undefined) continue;
      const path = `apis/${type.group}/${type.version}`;
      paths.set(path, [...(paths.get(path) ?? []), type]);
    }
    return paths;
  }

  private hashOf(path: string): string {
    const { generation } = this.registry;
    const known = this.hashes.get(path);
    if (known?.generation === generation) return known.hash;
    const hash = createHash('sha512')
      .update(JSON.stringify(this.document(path)))
      .digest('hex')
      .toUpperCase();
    this.hashes.set(path, { generation, hash });
    return hash;
  }
}
