import type { ManagedNamespaceMetadata } from '../application/operation.ts';
import { compareOptionsOf } from '../kubernetes/compare-options.ts';
import { hooksOf, isSkipped, syncWaveProblem } from '../kubernetes/hooks.ts';
import { groupVersionOf, gvkOf, type KubernetesObject } from '../kubernetes/object.ts';
import { describeResourceKey, formatResourceKey, type ResourceKey, resourceKeyOf } from '../kubernetes/resource-key.ts';
import { syncOptionsOf } from '../kubernetes/sync-options.ts';
import { formerOwner, isOwnedBy, setTracking, type TrackingSettings, trackedBy } from '../kubernetes/tracking.ts';
import { builtInScope, isNamespaceObject, scopesOfDefinitions } from '../kubernetes/well-known-kinds.ts';
import type { RenderedManifest } from '../render/rendered-manifests.ts';
import type { Condition, ResourcePair } from './comparison.ts';
import { managedNamespaceTarget } from './managed-namespace.ts';

/** The facts about the application that pairing needs. */
export interface PairingApplication {
  instanceName: string;
  destinationNamespace: string;
  /** Sync option CreateNamespace=true. */
  createNamespace?: boolean;
  managedNamespaceMetadata?: ManagedNamespaceMetadata;
}

export interface PairingInput {
  targets: readonly RenderedManifest[];
  app: PairingApplication;
  tracking: TrackingSettings;
  /** From discovery; undefined when the cluster does not serve the kind (yet). */
  isNamespaced(group: string, kind: string): boolean | undefined;
  liveByKey(key: ResourceKey): KubernetesObject | undefined;
  /** Every live object with the application's tracking metadata; those of other applications are skipped here. */
  ownedLive: Iterable<KubernetesObject>;
  /** `resource.exclusions` and `resource.inclusions`. */
  isExcluded?(group: string, kind: string): boolean;
  /** Whether the project permits the live object; forbidden ones are dropped, so that they are never pruned. */
  isPermitted?(key: ResourceKey, live: KubernetesObject): boolean;
  /** Instance names of the other applications that list the object among what they want in this cluster. */
  claimants?(key: ResourceKey): Iterable<string>;
}

export interface PairedResources {
  /** Targets in the order rendered, then what is live only. */
  pairs: ResourcePair[];
  /** PreSync to SyncFail hooks, and hook objects of earlier operations that Git no longer has (without target). */
  hooks: ResourcePair[];
  conditions: Condition[];
}

/**
 * Joins what Git wants with what the cluster has, one pair per resource. Targets get their namespace (filled for
 * namespaced kinds, cleared for cluster-scoped ones) and tracking metadata first. Hooks travel apart. Resources with
 * `Skip`, with only unknown hook values, and with only deletion hooks are in neither list. Nothing here fails: trouble
 * with one resource is a condition.
 */
export function pairResources(input: PairingInput): PairedResources {
  const conditions: Condition[] = [];
  const targets = normalizeTargets(input, conditions);
  const pairs: ResourcePair[] = [];
  const hooks: ResourcePair[] = [];
  const taken = new Set<string>();

  for (const { key, object, file, line } of targets) {
    taken.add(formatResourceKey(key));
    const pair: ResourcePair = { key, version: groupVersionOf(object.apiVersion).version, target: object };
    if (file !== undefined) pair.file = file;
    if (line !== undefined) pair.line = line;
    const live = permittedLive(input, key);
    if (live !== undefined) {
      pair.live = live;
      const owner = otherOwner(live, key, input);
      if (owner !== undefined) {
        pair.sharedWith = owner;
        conditions.push({
          type: 'SharedResourceWarning',
          message: `${sharedText({ live, owner, instanceName: input.app.instanceName })}. Keep it in one of them`,
        });
      }
    }
    if (hooksOf(object) === undefined) pairs.push(pair);
    else hooks.push(pair);
  }

  const namespace = managedNamespace(input, taken, conditions);
  if (namespace !== undefined) taken.add(formatResourceKey(namespace.key));

  for (const live of input.ownedLive) {
    const key = resourceKeyOf(live);
    const id = formatResourceKey(key);
    if (taken.has(id) || !belongsToApplication(live, input)) continue;
    taken.add(id);
    if (isSkipped(live) || (input.isPermitted !== undefined && !input.isPermitted(key, live))) continue;
    const { version } = groupVersionOf(live.apiVersion);
    (hooksOf(live) === undefined ? pairs : hooks).push({ key, version, live });
  }

  if (namespace !== undefined) pairs.push(namespace);
  return { pairs, hooks, conditions };
}

/** Who shares an object, in Argo CD's words. Applications of other namespaces are called `<namespace>/<name>`. */
export function sharedText(shared: { live: KubernetesObject; owner: string; instanceName: string }): string {
  const { live, owner, instanceName } = shared;
  const [one, other] = [instanceName, owner].map((name) => name.replace('_', '/'));
  return `${live.kind}/${live.metadata.name ?? ''} is part of applications ${one} and ${other}`;
}

/** The targets that run when the application is deleted: PreDelete and PostDelete hooks, untouched. */
export function deletionHooks(targets: readonly RenderedManifest[]): RenderedManifest[] {
  return targets.filter(({ object }) =>
    hooksOf(object)?.types.some((type) => type === 'PreDelete' || type === 'PostDelete'),
  );
}

/**
 * The pairs whose live object was read in another API version than the target's. Their fields cannot be compared: read
 * the live object again in the target's version and put it into the pair.
 */
export function versionMismatches(pairs: readonly ResourcePair[]): ResourcePair[] {
  return pairs.filter((pair) => pair.target && pair.live && pair.target.apiVersion !== pair.live.apiVersion);
}

/** `kind` lists (`List`, `ConfigMapList`, …) become their items. */
function* flattened(targets: readonly RenderedManifest[]): Iterable<RenderedManifest> {
  for (const manifest of targets) {
    const items = manifest.object['items'];
    if (!manifest.object.kind.endsWith('List') || !Array.isArray(items)) {
      yield manifest;
      continue;
    }
    for (const object of items as KubernetesObject[]) yield { ...manifest, object };
  }
}

/** A manifest as it is applied, with the key it is known by. */
type NormalizedTarget = RenderedManifest & { key: ResourceKey };

function normalizeTargets(input: PairingInput, conditions: Condition[]): NormalizedTarget[] {
  const flat = [...flattened(input.targets)];
  const declaredScope = scopesOfDefinitions(flat.map(({ object }) => object));
  const byKey = new Map<string, { target: NormalizedTarget; count: number }>();
  const generated = new Map<string, number>();

  for (const manifest of flat) {
    const { group, kind } = gvkOf(manifest.object);
    if (input.isExcluded?.(group, kind) === true) {
      conditions.push(excludedWarning(manifest.object));
      continue;
    }
    const hook = hooksOf(manifest.object);
    reportProblems(manifest.object, hook?.problems ?? [], conditions);
    if (hook !== undefined && !runsDuringSync(hook.types)) continue;

    // An unknown kind is most likely a custom resource whose definition comes later; most of those are namespaced.
    const scope = input.isNamespaced(group, kind) ?? declaredScope(group, kind);
    if (scope === undefined) conditions.push(unknownKindWarning(manifest));
    const namespaced = scope ?? builtInScope(group, kind) !== 'Cluster';
    const object = prepareTarget(manifest.object, namespaced, input);
    const key = hook === undefined ? targetKey(object) : hookKey(object, generated);
    const id = formatResourceKey(key);
    const known = byKey.get(id);
    // The last one wins, at the place of the last one.
    if (known !== undefined) byKey.delete(id);
    byKey.set(id, { target: { ...manifest, object, key }, count: (known?.count ?? 0) + 1 });
  }

  const targets: NormalizedTarget[] = [];
  for (const [id, { target, count }] of byKey) {
    if (count > 1) conditions.push(repeatedWarning(id, count));
    targets.push(target);
  }
  return targets;
}

function runsDuringSync(types: readonly string[]): boolean {
  return types.some((type) => type === 'PreSync' || type === 'Sync' || type === 'PostSync' || type === 'SyncFail');
}

/** Objects of generated name have none yet; the prefix tells them apart. */
function targetKey(object: KubernetesObject): ResourceKey {
  const key = resourceKeyOf(object);
  return key.name === '' ? { ...key, name: object.metadata.generateName ?? '' } : key;
}

/** Hooks that share a prefix are hooks of their own, numbered in the order they come: `migrate-`, `migrate-#2`. */
function hookKey(object: KubernetesObject, generated: Map<string, number>): ResourceKey {
  const key = targetKey(object);
  if ((object.metadata.name ?? '') !== '') return key;
  const id = formatResourceKey(key);
  const count = (generated.get(id) ?? 0) + 1;
  generated.set(id, count);
  return count === 1 ? key : { ...key, name: `${key.name}#${count}` };
}

/** Prepared targets by the object they were made of: an unchanged manifest keeps its identity, so every later memo holds. */
const prepared = new WeakMap<KubernetesObject, { circumstances: string; object: KubernetesObject }>();

function prepareTarget(object: KubernetesObject, namespaced: boolean, input: PairingInput): KubernetesObject {
  const { app, tracking } = input;
  const circumstances = `${app.instanceName} ${app.destinationNamespace} ${namespaced} ${tracking.method} ${tracking.labelKey} ${tracking.installationId ?? ''}`;
  const known = prepared.get(object);
  if (known?.circumstances === circumstances) return known.object;
  const result = setTracking(withNamespace(object, namespaced, app.destinationNamespace), app, tracking);
  prepared.set(object, { circumstances, object: result });
  return result;
}

function withNamespace(object: KubernetesObject, namespaced: boolean, destinationNamespace: string): KubernetesObject {
  const current = object.metadata.namespace;
  if (namespaced) {
    if ((current !== undefined && current !== '') || destinationNamespace === '') return object;
    return { ...object, metadata: { ...object.metadata, namespace: destinationNamespace } };
  }
  if (current === undefined) return object;
  const { namespace: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function permittedLive(input: PairingInput, key: ResourceKey): KubernetesObject | undefined {
  const live = input.liveByKey(key);
  if (live === undefined || input.isPermitted === undefined) return live;
  return input.isPermitted(key, live) ? live : undefined;
}

/**
 * The other application that a live object belongs to. One that nobody has marked in the current way yet (the tracking
 * method changed) still belongs to the application that marked it before, as long as that one wants it.
 */
function otherOwner(live: KubernetesObject, key: ResourceKey, input: PairingInput): string | undefined {
  const owner = trackedBy(live, input.tracking);
  if (owner !== undefined) return owner === input.app.instanceName ? undefined : owner;
  const former = formerOwner(live, input.tracking);
  if (former === undefined || former === input.app.instanceName) return undefined;
  return [...(input.claimants?.(key) ?? [])].includes(former) ? former : undefined;
}

/**
 * Objects with an owner are somebody's children, even when they inherited the application's label. And a label says
 * nothing against another application that wants the object: its name may be the value of a label in that one's Git.
 */
function belongsToApplication(live: KubernetesObject, input: PairingInput): boolean {
  if ((live.metadata.ownerReferences?.length ?? 0) > 0) return false;
  if (!isOwnedBy(live, input.app.instanceName, input.tracking)) return false;
  return input.tracking.method !== 'label' || [...(input.claimants?.(resourceKeyOf(live)) ?? [])].length === 0;
}

/**
 * The destination namespace when the application looks after its metadata, which keeps it from being pruned even if it was
 * in Git before. One that belongs to another application is left to that one.
 */
function managedNamespace(
  input: PairingInput,
  taken: ReadonlySet<string>,
  conditions: Condition[],
): ResourcePair | undefined {
  const { app } = input;
  if (app.createNamespace !== true || app.managedNamespaceMetadata === undefined || app.destinationNamespace === '') {
    return undefined;
  }
  const key: ResourceKey = { group: '', kind: 'Namespace', namespace: '', name: app.destinationNamespace };
  if (taken.has(formatResourceKey(key))) return undefined;
  const live = input.liveByKey(key);
  if (live === undefined || !isNamespaceObject(live)) return undefined;
  const owner = otherOwner(live, key, input);
  if (owner !== undefined) {
    const text = sharedText({ live, owner, instanceName: app.instanceName });
    conditions.push({
      type: 'SharedResourceWarning',
      message: `${text}. Its managedNamespaceMetadata is not applied; add it to the manifest of the namespace`,
    });
    return undefined;
  }
  return { key, version: 'v1', target: namespaceTarget(live, app), live, isManagedNamespace: true };
}

const namespaceTargets = new WeakMap<KubernetesObject, { metadata: string; object: KubernetesObject }>();

/** One object per live namespace and metadata, so that every later memo holds. */
function namespaceTarget(live: KubernetesObject, app: PairingApplication): KubernetesObject {
  const metadata = JSON.stringify(app.managedNamespaceMetadata);
  const known = namespaceTargets.get(live);
  if (known?.metadata === metadata) return known.object;
  const object = managedNamespaceTarget(app.destinationNamespace, app.managedNamespaceMetadata);
  namespaceTargets.set(live, { metadata, object });
  return object;
}

function reportProblems(object: KubernetesObject, hookProblems: string[], conditions: Condition[]): void {
  if (object.metadata.annotations === undefined) return;
  const wave = syncWaveProblem(object);
  const problems = [
    ...hookProblems,
    ...(wave === undefined ? [] : [wave]),
    ...syncOptionsOf(object).problems,
    ...compareOptionsOf(object).problems,
  ];
  const who = describeResourceKey(targetKey(object));
  for (const problem of problems) {
    conditions.push({ type: 'InvalidAnnotationWarning', message: `${who}: ${problem}` });
  }
  // Helm's tests and rollback hooks are known to have no counterpart; only the misspelled ones deserve a warning.
  if (hookProblems.length > 0 && hooksOf(object)?.types.length === 0) {
    conditions.push({
      type: 'ExcludedResourceWarning',
      message: `${who} is neither applied nor compared, because none of its hook types is supported`,
    });
  }
}

function unknownKindWarning({ object, file, line }: RenderedManifest): Condition {
  const where = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `;
  return {
    type: 'UnknownKindWarning',
    message: `${where}the cluster does not serve ${object.apiVersion} ${object.kind}, which ${object.metadata.name ?? object.metadata.generateName ?? 'an object'} is. Correct apiVersion and kind, or install the CustomResourceDefinition`,
  };
}

function repeatedWarning(id: string, count: number): Condition {
  return {
    type: 'RepeatedResourceWarning',
    message: `Resource ${id} appeared ${count} times among application resources. The last one is used; remove the others`,
  };
}

function excludedWarning(object: KubernetesObject): Condition {
  const { group, kind } = gvkOf(object);
  return {
    type: 'ExcludedResourceWarning',
    message: `Resource ${group}/${kind} ${object.metadata.name ?? ''} is excluded in the settings. Remove it from the source, or change resource.exclusions in argocd-cm`,
  };
}
