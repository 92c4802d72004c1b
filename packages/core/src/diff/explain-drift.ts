import { equalJson } from '@lockstep/structured-merge';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { resourceKeyOf } from '../kubernetes/resource-key.ts';
import { diffFields, type FieldChange } from './diff-fields.ts';
import { DEFAULT_DIFF_SETTINGS, type DiffSettings, type IgnoreRule, rulesFor } from './diff-settings.ts';
import { type FieldOwner, ownedPaths, ownersOfPath, type PathSegment, valueAtPath } from './field-path.ts';
import { pointerSegments } from './json-pointer.ts';
import { normalizeObject, normalizeTarget } from './normalize.ts';
import { lastApplied } from './predict-live.ts';

export type DriftVerdict =
  | 'ChangedInGit'
  | 'ChangedInCluster'
  | 'ChangedInBoth'
  | 'SetByServer'
  | 'ManagedByAutoscaler'
  | 'Ignored'
  | 'WillBeCreated'
  | 'WillBePruned'
  | 'NotInGit';

/** Why one field is as it is. */
export interface DriftExplanation {
  /** `spec.template.spec.containers[name=web].image`; '' for the whole object. */
  path: string;
  pointer: string;
  verdict: DriftVerdict;
  /** One sentence for people. */
  text: string;
  live?: unknown;
  predicted?: unknown;
  /** Who wrote the live value last, and when that manager last wrote anything. */
  manager?: string;
  time?: string;
  /** For `Ignored`: the rule that hides the difference. */
  rule?: IgnoreRule;
}

export interface DriftInput {
  target?: KubernetesObject | undefined;
  live?: KubernetesObject | undefined;
  /** What was applied last: from the deployment history. Without it the last-applied annotation serves. */
  lastTarget?: KubernetesObject | undefined;
  /** What applying the target would give (before ignore rules). */
  predicted?: KubernetesObject | undefined;
  settings?: DiffSettings;
  /** The sides after all ignore rules, jq included; a difference that is not between them is ignored. */
  ignoredSides?: { live: KubernetesObject; predicted: KubernetesObject } | undefined;
  /** Names of autoscalers whose scaleTargetRef is this object. */
  autoscalers?: readonly string[];
  /** Also tell which fields others own that Git does not mention. They are no difference. */
  includeUnmanaged?: boolean;
}

/**
 * Explains every difference between the live object and what applying the target would make of it: changed in Git, in
 * the cluster (by whom), in both, set by the API server, left to an autoscaler, or ignored by a rule. Secret values are
 * in the answer: mask the inputs first when it leaves the process.
 */
export function explainDrift(input: DriftInput): DriftExplanation[] {
  const { target, live } = input;
  if (live === undefined)
    return target === undefined
      ? []
      : [wholeObject('WillBeCreated', 'Not in the cluster yet. The sync will create it')];
  if (target === undefined) return [wholeObject('WillBePruned', 'Not in Git any more. A sync with prune deletes it')];

  const settings = input.settings ?? DEFAULT_DIFF_SETTINGS;
  const normalizedLive = normalizeObject(live, settings);
  const predicted = normalizeObject(input.predicted ?? target, settings);
  const facts: Facts = {
    live,
    target: normalizeTarget(target),
    last: input.lastTarget ?? lastApplied(live),
    rules: rulesFor(settings, resourceKeyOf(target)),
    remaining: remainingPaths(input.ignoredSides),
    autoscalers: input.autoscalers ?? [],
    fieldManager: settings.fieldManager,
  };
  const explanations = diffFields({ before: normalizedLive, after: predicted }).map((change) => explain(change, facts));
  return input.includeUnmanaged === true ? [...explanations, ...unmanaged(facts, explanations)] : explanations;
}

interface Facts {
  live: KubernetesObject;
  target: KubernetesObject;
  last: KubernetesObject | undefined;
  rules: readonly IgnoreRule[];
  /** Places that still differ after the ignore rules; undefined when nobody told. */
  remaining: ReadonlySet<string> | undefined;
  autoscalers: readonly string[];
  fieldManager: string;
}

function explain(change: FieldChange, facts: Facts): DriftExplanation {
  const owner = foreignOwner(facts, change.segments);
  const { verdict, text, rule } = judge(change, facts, owner);
  const explanation: DriftExplanation = { path: change.path, pointer: change.pointer, verdict, text };
  if (change.before !== undefined) explanation.live = change.before;
  if (change.after !== undefined) explanation.predicted = change.after;
  if (owner !== undefined) explanation.manager = owner.manager;
  if (owner?.time !== undefined) explanation.time = owner.time;
  if (rule !== undefined) explanation.rule = rule;
  return explanation;
}

interface Judgement {
  verdict: DriftVerdict;
  text: string;
  rule?: IgnoreRule | undefined;
}

function judge(change: FieldChange, facts: Facts, owner: FieldOwner | undefined): Judgement {
  const ignored = ignoringRule(change, facts, owner);
  if (ignored !== undefined) return ignored;
  const autoscaler = facts.autoscalers[0];
  if (change.path === 'spec.replicas' && autoscaler !== undefined) {
    return {
      verdict: 'ManagedByAutoscaler',
      text: `HorizontalPodAutoscaler ${autoscaler} sets the replicas. Remove spec.replicas from Git, or ignore it`,
    };
  }
  const wanted = valueAtPath(facts.target, change.segments);
  if (change.after !== undefined && wanted === undefined) {
    return {
      verdict: 'SetByServer',
      text: 'Not in Git: the API server (a default, or an admission webhook) sets it when the target is applied',
    };
  }
  if (facts.last === undefined) return judgeWithoutHistory(owner);

  const before = valueAtPath(facts.last, change.segments);
  const changedInGit = !equalJson(before, wanted);
  const changedInCluster = !covers(change.before, before);
  if (changedInGit && changedInCluster) {
    return { verdict: 'ChangedInBoth', text: `Changed in Git and in the cluster${by(owner)}` };
  }
  if (changedInGit) return { verdict: 'ChangedInGit', text: 'Changed in Git, not applied yet' };
  return { verdict: 'ChangedInCluster', text: `Changed in the cluster${by(owner)}` };
}

/** With nothing to compare to, the last writer tells: somebody else means the cluster changed, otherwise Git did. */
function judgeWithoutHistory(owner: FieldOwner | undefined): Judgement {
  return owner === undefined
    ? { verdict: 'ChangedInGit', text: 'Changed in Git, not applied yet' }
    : { verdict: 'ChangedInCluster', text: `Changed in the cluster${by(owner)}` };
}

/** Whether the live value is still what was applied; the server may have added defaults below it. */
function covers(live: unknown, applied: unknown): boolean {
  if (typeof live !== 'object' || live === null || typeof applied !== 'object' || applied === null) {
    return equalJson(live, applied);
  }
  return diffFields({ before: applied, after: live }).every(({ change }) => change === 'added');
}

function ignoringRule(change: FieldChange, facts: Facts, owner: FieldOwner | undefined): Judgement | undefined {
  const rule = facts.rules.find((candidate) => hides(candidate, change, owner));
  const isHidden = facts.remaining === undefined ? rule !== undefined : !facts.remaining.has(change.path);
  if (!isHidden) return undefined;
  const named = rule ?? facts.rules.find((candidate) => (candidate.jqPathExpressions?.length ?? 0) > 0);
  const where = named?.origin === undefined ? '' : ` of the ${named.origin}`;
  return { verdict: 'Ignored', text: `Ignored by a rule${where}: ${describeRule(named)}`, rule: named };
}

function hides(rule: IgnoreRule, change: FieldChange, owner: FieldOwner | undefined): boolean {
  if (owner !== undefined && rule.managedFieldsManagers?.includes(owner.manager) === true) return true;
  const place = pointerSegments(change.pointer);
  return (rule.jsonPointers ?? []).some((pointer) => {
    const ignored = pointerSegments(pointer);
    return ignored.length > 0 && ignored.every((segment, index) => segment === place[index]);
  });
}

function describeRule(rule: IgnoreRule | undefined): string {
  if (rule === undefined) return 'unknown';
  const parts = [
    ...(rule.jsonPointers ?? []),
    ...(rule.jqPathExpressions ?? []),
    ...(rule.managedFieldsManagers ?? []).map((manager) => `manager ${manager}`),
  ];
  return parts.join(', ');
}

function remainingPaths(sides: DriftInput['ignoredSides']): ReadonlySet<string> | undefined {
  if (sides === undefined) return undefined;
  return new Set(diffFields({ before: sides.live, after: sides.predicted }).map(({ path }) => path));
}

/** The last to write the place, other than our own applies. */
function foreignOwner(facts: Facts, segments: readonly PathSegment[]): FieldOwner | undefined {
  return ownersOfPath(facts.live, segments).find(
    (owner) => !(owner.manager === facts.fieldManager && owner.operation === 'Apply'),
  );
}

/** What well-known managers are, for people who meet their name for the first time. */
const KNOWN_MANAGERS: readonly [RegExp, string][] = [
  [/^kubectl-client-side-apply$/, 'kubectl apply'],
  [/^kubectl-edit$/, 'kubectl edit'],
  [/^kubectl-patch$/, 'kubectl patch'],
  [/^kubectl-scale$/, 'kubectl scale'],
  [/^kubectl-set$/, 'kubectl set'],
  [/^kubectl-rollout$/, 'kubectl rollout'],
  [/^kubectl-(label|annotate|replace|create)$/, 'kubectl'],
  [/^kube-controller-manager$/, 'a controller of Kubernetes'],
  [/^(horizontal-pod-autoscaler|vpa-updater|keda.*)$/, 'an autoscaler'],
  [/^(helm|Helm)$/, 'Helm'],
  [/^argocd-(application-)?controller$/, 'Argo CD'],
  [/^(kustomize|helm|source|notification)-controller$/, 'Flux'],
  [/^(istiod?|pilot-discovery|istio-operator)$/, 'Istio'],
  [/^cert-manager/, 'cert-manager'],
  [/^cainjector$/, 'the CA injector of cert-manager'],
  [/^before-first-apply$/, 'whoever wrote it before server-side apply'],
  [/^(Mozilla|dashboard|lens|node-fetch)/, 'a dashboard'],
];

function by(owner: FieldOwner | undefined): string {
  if (owner === undefined) return '';
  const known = KNOWN_MANAGERS.find(([pattern]) => pattern.test(owner.manager))?.[1];
  const who = known === undefined ? owner.manager : `${known} (${owner.manager})`;
  return ` by ${who}${owner.time === undefined ? '' : ` at ${owner.time}`}`;
}

/** Fields of other managers that Git does not mention, so that one sees why they are no difference. */
function unmanaged(facts: Facts, explained: readonly DriftExplanation[]): DriftExplanation[] {
  const told = new Set(explained.map(({ path }) => path));
  const explanations: DriftExplanation[] = [];
  for (const entry of facts.live.metadata.managedFields ?? []) {
    if (entry.manager === facts.fieldManager || (entry.subresource ?? '') !== '') continue;
    for (const segments of ownedPaths(facts.live, entry)) {
      const path = describePath(segments);
      if (segments[0] === 'status' || told.has(path) || valueAtPath(facts.target, segments) !== undefined) continue;
      told.add(path);
      const owner: FieldOwner = { manager: entry.manager ?? '', operation: entry.operation ?? 'Update' };
      explanations.push({
        path,
        pointer: '',
        verdict: 'NotInGit',
        text: `Not in Git; owned by ${owner.manager}, so it is no difference`,
        live: valueAtPath(facts.live, segments),
        manager: owner.manager,
        ...(entry.time === undefined ? {} : { time: entry.time }),
      });
    }
  }
  return explanations;
}

function describePath(segments: readonly PathSegment[]): string {
  let path = '';
  for (const segment of segments) {
    if (typeof segment !== 'string') {
      path += `[${Object.entries(segment.item)
        .map(([key, value]) => `${key}=${String(value)}`)
        .join(',')}]`;
    } else if (/^[A-Za-z_][\w-]*$/.test(segment)) path += path === '' ? segment : `.${segment}`;
    else path += `[${JSON.stringify(segment)}]`;
  }
  return path;
}

function wholeObject(verdict: DriftVerdict, text: string): DriftExplanation {
  return { path: '', pointer: '', verdict, text };
}
