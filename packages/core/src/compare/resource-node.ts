import { assessHealth as assessBuiltInHealth } from '../health/assess-health.ts';
import type { Health } from '../health/health.ts';
import { imagesOf } from '../kubernetes/images.ts';
import { gvkOf, type KubernetesObject } from '../kubernetes/object.ts';
import { type ResourceKey, resourceKeyOf } from '../kubernetes/resource-key.ts';
import { inferredOwnersOf, volumeClaimTemplatesOf } from './inferred-owners.ts';
import { type NetworkingInfo, networkingInfoOf } from './networking-info.ts';
import { type InfoItem, infoOf } from './resource-info.ts';

/** A reference to a node of the tree. */
export interface ResourceRef {
  group: string;
  version: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
}

/** One node of an application's tree, in the JSON shape of Argo CD's API. */
export interface ResourceNode extends ResourceRef {
  parentRefs?: ResourceRef[];
  info?: InfoItem[];
  networkingInfo?: NetworkingInfo;
  resourceVersion: string;
  images?: string[];
  health?: Health;
  createdAt?: string;
}

/** What the tree needs to know about a live object. It holds no part of the body: keep it and drop the object. */
export interface TreeNode {
  key: ResourceKey;
  node: ResourceNode;
  ownerUids: string[];
  /** Owners that no ownerReference names (the Service of Endpoints, the StatefulSet of a claim). */
  inferredOwners: ResourceKey[];
  /** Names of a StatefulSet's claim templates, which confirm the claims' inferred owner. */
  volumeClaimTemplates?: string[];
}

/** The tree's facts about a live object. Compute it once per watch event. */
export function treeNodeOf(
  object: KubernetesObject,
  options: {
    /** `resource.customLabels`: labels shown as info items. */
    customLabels?: readonly string[];
    assessHealth?(object: KubernetesObject): Health | undefined;
  } = {},
): TreeNode {
  const { metadata } = object;
  const key = resourceKeyOf(object);
  const node: ResourceNode = {
    ...gvkOf(object),
    namespace: key.namespace,
    name: key.name,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
  };
  const info = infoOf(object, options.customLabels ?? []);
  if (info.length > 0) node.info = info;
  const networkingInfo = networkingInfoOf(object);
  if (networkingInfo !== undefined) node.networkingInfo = networkingInfo;
  const images = imagesOf(object);
  if (images.length > 0) node.images = images;
  const health = (options.assessHealth ?? assessBuiltInHealth)(object);
  if (health !== undefined) node.health = health;
  if (metadata.creationTimestamp !== undefined) node.createdAt = metadata.creationTimestamp;

  const tree: TreeNode = {
    key,
    node,
    ownerUids: (metadata.ownerReferences ?? []).map(({ uid }) => uid),
    inferredOwners: inferredOwnersOf(object),
  };
  const templates = volumeClaimTemplatesOf(object);
  if (templates !== undefined) tree.volumeClaimTemplates = templates;
  return tree;
}

/** The reference to a node. */
export function refOf({ group, version, kind, namespace, name, uid }: ResourceNode): ResourceRef {
  return { group, version, kind, namespace, name, uid };
}
