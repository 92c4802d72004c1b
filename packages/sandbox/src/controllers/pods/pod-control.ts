import { cloneJson } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import type { ControllerContext } from '../machinery/controller.ts';
import { PODS, type Pod, type PodTemplate } from '../machinery/objects.ts';
import { controllerReference } from '../machinery/ownership.ts';
import { safeSuffix } from '../machinery/safe-name.ts';

export interface NewPod {
  owner: StoredObject;
  template: PodTemplate;
  manager: string;
  /** Who reports it in events. */
  component: string;
  name: string;
  generateName?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  adjustSpec?(spec: Pod['spec']): void;
  /** What the event says of success; `Created pod: <name>` by default. */
  successMessage?: string;
}

/**
 * Creates a Pod from the template of its controller and reports it. An error of the API server (a quota, a bad template)
 * is reported as the event FailedCreate and thrown on.
 */
export function createPod({ client, events }: ControllerContext, pod: NewPod): Pod {
  const { owner, template, manager, component } = pod;
  const spec = cloneJson(template.spec);
  pod.adjustSpec?.(spec);
  const labels = { ...template.metadata?.labels, ...pod.labels };
  const annotations = { ...template.metadata?.annotations, ...pod.annotations };
  try {
    const created = client.create(
      PODS,
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: pod.name,
          ...(pod.generateName === undefined ? {} : { generateName: pod.generateName }),
          namespace: owner.metadata.namespace,
          ...(Object.keys(labels).length === 0 ? {} : { labels }),
          ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
          ...(pod.finalizers === undefined ? {} : { finalizers: pod.finalizers }),
          ownerReferences: [controllerReference(owner)],
        },
        spec,
      },
      manager,
    ) as Pod;
    events.record(owner, {
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: pod.successMessage ?? `Created pod: ${created.metadata.name}`,
      component,
    });
    return created;
  } catch (error) {
    const message = `Error creating: ${error instanceof Error ? error.message : String(error)}`;
    events.record(owner, { type: 'Warning', reason: 'FailedCreate', message, component });
    throw error;
  }
}

export function deletePod(
  { client, events }: ControllerContext,
  { owner, pod, component, message }: { owner: StoredObject; pod: Pod; component: string; message?: string },
): void {
  client.delete(PODS, pod.metadata.namespace ?? '', pod.metadata.name, { uid: pod.metadata.uid });
  events.record(owner, {
    type: 'Normal',
    reason: 'SuccessfulDelete',
    message: message ?? `Deleted pod: ${pod.metadata.name}`,
    component,
  });
}

/** Owners whose number of Pods so far is remembered. */
const MAX_OWNERS = 20_000;

/**
 * Names for Pods of one owner, as `generateName` gives but following from the owner's name and the number of Pods it
 * had, so that the same history gives the same names.
 */
export class PodNames {
  readonly #counts = new Map<string, number>();

  next(client: ControllerContext['client'], owner: StoredObject): string {
    let count = this.#counts.get(owner.metadata.uid) ?? 0;
    let name: string;
    do {
      count += 1;
      name = `${podNameBase(owner.metadata.name)}${safeSuffix(`${owner.metadata.name}/${count}`)}`;
    } while (client.get(PODS, owner.metadata.namespace ?? '', name) !== undefined);
    this.#remember(owner.metadata.uid, count);
    return name;
  }

  /** The least recently used owner is forgotten first; its next Pod then takes the first name that is free. */
  #remember(uid: string, count: number): void {
    this.#counts.delete(uid);
    this.#counts.set(uid, count);
    if (this.#counts.size <= MAX_OWNERS) return;
    const oldest = this.#counts.keys().next();
    if (oldest.done !== true) this.#counts.delete(oldest.value);
  }
}

/** What Pod names of an owner begin with: its name and a dash, short enough to leave room for five letters. */
export function podNameBase(ownerName: string): string {
  return `${ownerName}-`.slice(0, 58);
}
