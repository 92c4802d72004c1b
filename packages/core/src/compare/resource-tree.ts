import { formatResourceKey } from '../kubernetes/resource-key.ts';
import { isClaimOf } from './inferred-owners.ts';
import { type ResourceNode, type ResourceRef, refOf, type TreeNode } from './resource-node.ts';

/**
 * The nodes of an application's tree: the roots and everything below them, each once, parents before children. A node
 * with several parents in the tree lists all of them. Roots have no `parentRefs`, even when something else owns them.
 */
export function buildResourceTree(input: {
  roots: Iterable<TreeNode>;
  childrenOf(node: TreeNode): Iterable<TreeNode>;
}): ResourceNode[] {
  const nodes = new Map<string, ResourceNode>();
  const queue: TreeNode[] = [];
  for (const root of input.roots) {
    const id = idOf(root);
    if (nodes.has(id)) continue;
    nodes.set(id, root.node);
    queue.push(root);
  }
  const rootIds = new Set(nodes.keys());
  for (let next = 0; next < queue.length; next++) {
    const parent = queue[next] as TreeNode;
    for (const child of input.childrenOf(parent)) {
      const id = idOf(child);
      if (rootIds.has(id)) continue;
      const known = nodes.get(id);
      if (known === undefined) queue.push(child);
      nodes.set(id, withParent(known ?? child.node, refOf(parent.node)));
    }
  }
  return [...nodes.values()];
}

/** The union of images and external addresses over a tree, as `status.summary` wants them. */
export function treeSummary(nodes: Iterable<ResourceNode>): { externalURLs: string[]; images: string[] } {
  const urls = new Set<string>();
  const images = new Set<string>();
  for (const { networkingInfo, images: own } of nodes) {
    for (const url of networkingInfo?.externalURLs ?? []) urls.add(url);
    for (const image of own ?? []) images.add(image);
  }
  return { externalURLs: [...urls].sort(), images: [...images].sort() };
}

/** Children by owner, kept up to date object by object, so that a tree costs its own size and not the cluster's. */
export class OwnerIndex {
  readonly #byId = new Map<string, TreeNode>();
  readonly #byOwner = new Map<string, Map<string, TreeNode>>();

  /** Adds a node, or replaces the one of the same uid. */
  set(node: TreeNode): void {
    const id = idOf(node);
    const known = this.#byId.get(id);
    if (known !== undefined) this.#unlink(id, known);
    this.#byId.set(id, node);
    for (const owner of ownersOf(node)) {
      let children = this.#byOwner.get(owner);
      if (children === undefined) {
        children = new Map();
        this.#byOwner.set(owner, children);
      }
      children.set(id, node);
    }
  }

  /** Forgets the object with this uid. */
  delete(uid: string): void {
    const known = this.#byId.get(uid);
    if (known === undefined) return;
    this.#byId.delete(uid);
    this.#unlink(uid, known);
  }

  get(uid: string): TreeNode | undefined {
    return this.#byId.get(uid);
  }

  /** The children of a node by ownerReference, then the inferred ones that the node confirms; sorted by kind and name. */
  childrenOf(node: TreeNode): TreeNode[] {
    const children = new Map(this.#byOwner.get(node.node.uid) ?? []);
    for (const [id, child] of this.#byOwner.get(formatResourceKey(node.key)) ?? []) {
      if (confirmsChild(node, child)) children.set(id, child);
    }
    return [...children.values()].sort(byKindAndName);
  }

  #unlink(id: string, node: TreeNode): void {
    for (const owner of ownersOf(node)) {
      const children = this.#byOwner.get(owner);
      children?.delete(id);
      if (children?.size === 0) this.#byOwner.delete(owner);
    }
  }
}

/** Live objects have a uid; a target that is not live yet is told by its key. */
function idOf({ node, key }: TreeNode): string {
  return node.uid === '' ? formatResourceKey(key) : node.uid;
}

function ownersOf(node: TreeNode): string[] {
  return [...node.ownerUids, ...node.inferredOwners.map(formatResourceKey)];
}

function confirmsChild(parent: TreeNode, child: TreeNode): boolean {
  if (child.key.kind !== 'PersistentVolumeClaim') return true;
  return isClaimOf(child.key.name, parent.key.name, parent.volumeClaimTemplates ?? []);
}

function withParent(node: ResourceNode, parent: ResourceRef): ResourceNode {
  const parents = node.parentRefs ?? [];
  if (parents.some(({ uid, kind, name }) => uid === parent.uid && kind === parent.kind && name === parent.name))
    return node;
  return { ...node, parentRefs: [...parents, parent] };
}

function byKindAndName(a: TreeNode, b: TreeNode): number {
  return compareText(a.key.kind, b.key.kind) || compareText(a.key.name, b.key.name);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
