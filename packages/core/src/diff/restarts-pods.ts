import { equalJson } from '@lockstep/structured-merge';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import { valueAt } from './json-pointer.ts';

/**
 * Whether going from one state of a workload to the other replaces its pods: the pod template differs in a way that the
 * controller rolls out. A scale, a new strategy, or a change of a kind without pods does not.
 */
export function restartsPods(input: { before: KubernetesObject; after: KubernetesObject }): boolean {
  const { before, after } = input;
  const path = POD_TEMPLATES[`${groupVersionOf(after.apiVersion).group}/${after.kind}`];
  if (path === undefined || isOnDelete(after)) return false;
  return !equalJson(templateOf(before, path), templateOf(after, path));
}

/** Kinds whose controller replaces pods when their template changes. A Job or CronJob never touches pods that exist. */
const POD_TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  'apps/Deployment': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'argoproj.io/Rollout': ['spec', 'template'],
  'apps.kruise.io/CloneSet': ['spec', 'template'],
  'apps.kruise.io/StatefulSet': ['spec', 'template'],
  'apps.kruise.io/DaemonSet': ['spec', 'template'],
  'apps.openshift.io/DeploymentConfig': ['spec', 'template'],
  'serving.knative.dev/Service': ['spec', 'template'],
};

function isOnDelete(object: KubernetesObject): boolean {
  return valueAt(object, ['spec', 'updateStrategy', 'type']) === 'OnDelete';
}

/** `creationTimestamp: null`, which some tools write into templates, is no content. */
function templateOf(object: KubernetesObject, path: readonly string[]): unknown {
  const template = valueAt(object, path);
  if (typeof template !== 'object' || template === null) return template;
  const { metadata, ...rest } = template as { metadata?: Record<string, unknown> };
  const { creationTimestamp: _, ...kept } = metadata ?? {};
  return { ...rest, metadata: kept };
}
