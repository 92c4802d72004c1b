import type { ValueType } from '@lockstep/structured-merge';
import type { JsonObject } from '../json.ts';

export interface Subresource {
  name: string;
  /** The kind its bodies have, when it is not the resource's own (`autoscaling/v1 Scale`). */
  group?: string;
  version?: string;
  kind: string;
  verbs: string[];
}

/** What a CustomResourceDefinition says about one of its versions. */
export interface CustomVersion {
  definition: string;
  /** `openAPIV3Schema`, or undefined with `preserveUnknownFields: true`. */
  schema: JsonObject | undefined;
  printerColumns: JsonObject[];
  selectableFields: string[];
  scale: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath: string | undefined } | undefined;
  deprecationWarning: string | undefined;
}

/** One served version of one resource. Versions of the same resource share `id`, under which objects are stored. */
export interface ResourceType {
  /** `group/plural`. */
  id: string;
  group: string;
  version: string;
  /** `group/version`, or `v1`. */
  apiVersion: string;
  kind: string;
  listKind: string;
  plural: string;
  singular: string;
  namespaced: boolean;
  shortNames: string[];
  categories: string[];
  verbs: string[];
  subresources: Subresource[];
  /** Whether status is written through its own endpoint, and is ignored on the main one. */
  hasStatus: boolean;
  /** Reviews: answered, never stored. */
  createOnly: boolean;
  /** How values of this kind merge. */
  mergeType: ValueType;
  custom: CustomVersion | undefined;
}

export function groupResourceOf(type: ResourceType): { group: string; resource: string } {
  return { group: type.group, resource: type.plural };
}

export function apiVersionFrom(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Splits `apps/v1` into group and version; `v1` is of the core group. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function hasSubresource(type: ResourceType, name: string): boolean {
  return type.subresources.some((subresource) => subresource.name === name);
}
