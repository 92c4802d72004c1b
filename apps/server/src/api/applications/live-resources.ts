import {
  type Application,
  apiVersionOf,
  effectiveProject,
  type KubernetesObject,
  maskSecrets,
  permitsResource,
  projectNameOf,
  resolveDestination,
} from '@lockstep/core';
import { refreshApplication } from '../../commands/refresh-application.ts';
import type { SettingsSource } from '../../settings/settings-source.ts';
import { type ApplicationStore, keyOfApplication } from '../../store/application-store.ts';
import type { ApplicationTree, ReadModels, ResourceDiff, ResourceNode } from '../../store/read-models.ts';
import type { ApiContext, DestinationClient } from '../api-context.ts';
import { ApiError } from '../api-error.ts';

/** How a request names a resource of an application. */
export interface ResourceReference {
  group?: string;
  version?: string;
  kind?: string;
  namespace?: string;
  resourceName?: string;
}

/** A live resource that belongs to an application and that its project permits. */
export interface LiveResource {
  node: ResourceNode;
  client: DestinationClient;
  ref: { apiVersion: string; kind: string; namespace: string; name: string };
}

/** The live side of applications: their trees, and single resources of them on their clusters. */
export class LiveResources {
  readonly #store: ApplicationStore;
  readonly #readModels: ReadModels;
  readonly #context: Pick<ApiContext, 'collections' | 'clusters' | 'config'>;
  readonly #settings: SettingsSource;

  constructor(parts: {
    store: ApplicationStore;
    readModels: ReadModels;
    context: Pick<ApiContext, 'collections' | 'clusters' | 'config'>;
    settings: SettingsSource;
  }) {
    this.#store = parts.store;
    this.#readModels = parts.readModels;
    this.#context = parts.context;
    this.#settings = parts.settings;
  }

  /** The resource tree; one that nobody published yet is asked for. */
  async tree(application: Application): Promise<ApplicationTree> {
    const key = keyOfApplication(application);
    const published = await this.#readModels.tree(key);
    if (published !== undefined) return published;
    await refreshApplication(this.#store, key, 'normal');
    return (await this.#readModels.tree(key)) ?? { nodes: [], orphanedNodes: [], hosts: [] };
  }

  async managedResources(application: Application): Promise<ResourceDiff[]> {
    const key = keyOfApplication(application);
    const published = await this.#readModels.managedResources(key);
    if (published !== undefined) return published;
    await refreshApplication(this.#store, key, 'normal');
    return (await this.#readModels.managedResources(key)) ?? [];
  }

  /** The client of the cluster an application is deployed to. */
  async client(application: Application): Promise<DestinationClient> {
    return this.#context.clusters.client(this.#destination(application).server);
  }

  /**
   * A resource of the application's tree. What is not in the tree, or what the project (as it is now) does not permit,
   * cannot be reached through the application, whatever its name. Throws 404 and 403.
   */
  async find(application: Application, reference: ResourceReference): Promise<LiveResource> {
    const tree = await this.tree(application);
    const node = [...tree.nodes, ...tree.orphanedNodes].find((candidate) => isNode(candidate, reference));
    if (node === undefined) {
      throw new ApiError(
        'InvalidArgument',
        `${reference.kind ?? ''} ${reference.group ?? ''} ${reference.resourceName ?? ''} not found as part of application ${application.metadata.name ?? ''}`,
      );
    }
    this.requirePermitted(application, node);
    return {
      node,
      client: await this.client(application),
      ref: {
        apiVersion: apiVersionOf({ group: node.group ?? '', version: node.version }),
        kind: node.kind,
        namespace: node.namespace ?? '',
        name: node.name,
      },
    };
  }

  /** The object behind a resource. Throws 404 when it is gone. */
  async read({ client, ref }: LiveResource): Promise<KubernetesObject> {
    const object = await client.get(ref);
    if (object === undefined) throw new ApiError('NotFound', `${ref.kind} ${ref.name} not found`);
    return object;
  }

  /**
   * The object behind a resource, to be changed: the one the tree shows, not a successor of the same name, and not one of
   * another cluster that answers at the same address by now. Throws 404 and 409.
   */
  async readShown(found: LiveResource): Promise<KubernetesObject> {
    const object = await this.read(found);
    const { uid = '' } = found.node;
    if (uid !== '' && uid !== object.metadata.uid) {
      throw new ApiError(
        'Aborted',
        `${found.ref.kind} ${found.ref.name} is another object than the one shown (uid ${object.metadata.uid} instead of ${uid})`,
        {
          fix: 'Refresh the application and look at it again; if that does not help, see whether its cluster was replaced',
        },
      );
    }
    return object;
  }

  /** Throws 403 when the application's project does not permit a resource. */
  requirePermitted(
    application: Application,
    resource: { group?: string; kind: string; namespace?: string; name: string },
  ): void {
    const name = projectNameOf(application.spec);
    const project = effectiveProject(
      name,
      [...this.#context.collections.projects.list()],
      this.#settings.get().core.globalProjects,
    );
    if (project === undefined) throw new ApiError('FailedPrecondition', `project ${name} does not exist`);
    const cluster = this.#destination(application);
    const verdict = permitsResource(project, {
      key: {
        group: resource.group ?? '',
        kind: resource.kind,
        namespace: resource.namespace ?? '',
        name: resource.name,
      },
      namespaced: (resource.namespace ?? '') !== '',
      destination: { server: cluster.server, name: cluster.name },
      ...(cluster.project === undefined ? {} : { clusterProject: cluster.project }),
    });
    if (!verdict.permitted) throw new ApiError('PermissionDenied', verdict.reason);
  }

  /** An object as it may leave the process: Secret values masked, bookkeeping left out. */
  present(object: KubernetesObject): KubernetesObject {
    const [masked] = maskSecrets([object], { annotations: this.#settings.get().core.sensitiveAnnotations });
    const { managedFields: _managedFields, ...metadata } = (masked ?? object).metadata;
    return { ...(masked ?? object), metadata };
  }

  /** The Pods that belong to a resource: itself, or all below it. Without a reference, every Pod of the application. */
  async podsOf(application: Application, reference: ResourceReference & { podName?: string }): Promise<ResourceNode[]> {
    const { nodes } = await this.tree(application);
    const pods = nodes.filter((node) => node.kind === 'Pod' && (node.group ?? '') === '');
    if (reference.podName !== undefined && reference.podName !== '') {
      return pods.filter((pod) => pod.name === reference.podName && fits(reference.namespace, pod.namespace));
    }
    if (reference.resourceName === undefined || reference.resourceName === '') {
      return pods.filter((pod) => fits(reference.namespace, pod.namespace));
    }
    const roots = nodes.filter((node) => isNode(node, reference));
    const below = new Set(roots.map(nodeId));
    for (let grew = true; grew; ) {
      grew = false;
      for (const node of nodes) {
        if (below.has(nodeId(node)) || !(node.parentRefs ?? []).some((parent) => below.has(nodeId(parent)))) continue;
        below.add(nodeId(node));
        grew = true;
      }
    }
    return pods.filter((pod) => below.has(nodeId(pod)));
  }

  #destination(application: Application): { server: string; name: string; project?: string } {
    return resolveDestination(application.spec.destination, this.#context.clusters.facts());
  }
}

function isNode(node: ResourceNode, reference: ResourceReference): boolean {
  return (
    node.name === reference.resourceName &&
    fits(reference.kind, node.kind) &&
    (reference.group === undefined || (node.group ?? '') === reference.group) &&
    fits(reference.namespace, node.namespace)
  );
}

/** An absent part of a reference fits everything. */
function fits(wanted: string | undefined, actual: string | undefined): boolean {
  return wanted === undefined || wanted === '' || wanted === (actual ?? '');
}

function nodeId(node: { group?: string; kind: string; namespace?: string; name: string }): string {
  return `${node.group ?? ''}/${node.kind}/${node.namespace ?? ''}/${node.name}`;
}
