import { quantityValue } from '../../validation/quantity.ts';
import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  PodSpec,
  PodTemplate,
  Toleration,
} from '../machinery/objects.ts';

/** Why a Pod cannot run on a node, in the scheduler's words; undefined when it can. */
export function whyUnfit(pod: { spec: PodSpec }, node: Node): string | undefined {
  const taint = (node.spec?.taints ?? []).find(
    ({ key, value, effect }) =>
      (effect === 'NoSchedule' || effect === 'NoExecute') &&
      !tolerates(pod.spec.tolerations ?? [], { key, value: value ?? '', effect }),
  );
  if (
    node.spec?.unschedulable === true &&
    !tolerates(pod.spec.tolerations ?? [], { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' })
  ) {
    return 'node(s) were unschedulable';
  }
  if (taint !== undefined) return `node(s) had untolerated taint(s)`;
  if (!matchesNode(pod.spec, node)) return "node(s) didn't match Pod's node affinity/selector";
  for (const resource of ['cpu', 'memory']) {
    const asked = (pod.spec.containers ?? []).reduce(
      (sum, container) => sum + amountOf(container.resources?.requests?.[resource]),
      0,
    );
    const has = node.status?.allocatable?.[resource];
    if (has !== undefined && asked > amountOf(has)) return `Insufficient ${resource}`;
  }
  return undefined;
}

/** Whether a DaemonSet wants a Pod on a node. */
export function wantsNode(template: PodTemplate, node: Node): boolean {
  const tolerations = [
    ...(template.spec.tolerations ?? []),
    { key: 'node.kubernetes.io/unschedulable', operator: 'Exists' as const },
  ];
  return whyUnfit({ spec: { ...template.spec, tolerations } }, node) === undefined;
}

function tolerates(tolerations: Toleration[], taint: { key: string; value: string; effect: string }): boolean {
  return tolerations.some(
    (toleration) =>
      (toleration.effect === undefined || toleration.effect === '' || toleration.effect === taint.effect) &&
      (toleration.key === undefined || toleration.key === '' || toleration.key === taint.key) &&
      (toleration.operator === 'Exists' || (toleration.value ?? '') === taint.value),
  );
}

function matchesNode(spec: PodSpec, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, labels, node.metadata.name));
}

function matchesTerm(term: NodeSelectorTerm, labels: Record<string, string>, name: string): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    expressions.every((requirement) => meets(requirement, labels[requirement.key])) &&
    fields.every((requirement) => meets(requirement, requirement.key === 'metadata.name' ? name : undefined))
  );
}

function meets({ operator, values = [] }: NodeSelectorRequirement, actual: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return actual !== undefined && values.includes(actual);
    case 'NotIn':
      return actual === undefined || !values.includes(actual);
    case 'Exists':
      return actual !== undefined;
    case 'DoesNotExist':
      return actual === undefined;
    case 'Gt':
      return actual !== undefined && Number(actual) > Number(values[0]);
    case 'Lt':
      return actual !== undefined && Number(actual) < Number(values[0]);
  }
}

/** The affinity that pins a Pod of a DaemonSet to its node; the scheduler still does the binding. */
export function pinnedTo(spec: PodSpec, node: string): PodSpec['affinity'] {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  const matchFields = [{ key: 'metadata.name', operator: 'In' as const, values: [node] }];
  return {
    ...spec.affinity,
    nodeAffinity: {
      ...spec.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms.map((term) => ({ ...term, matchFields })),
      },
    },
  };
}

/** The node an affinity of `pinnedTo` names. */
export function pinnedNode(pod: Pod): string | undefined {
  if (pod.spec.nodeName !== undefined) return pod.spec.nodeName;
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms.flatMap((term) => term.matchFields ?? []).find((field) => field.key === 'metadata.name')?.values?.[0];
}

function amountOf(quantity: string | number | undefined): number {
  return quantity === undefined ? 0 : (quantityValue(String(quantity)) ?? 0);
}
