import type { Application } from '../application/application.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey, type ResourceKey } from '../kubernetes/resource-key.ts';
import type { RenderedManifest } from '../render/rendered-manifests.ts';
import { liveInVersion } from './live-in-version.ts';
import type { ReconcileFacts } from './reconcile-facts.ts';
import type { DestinationCluster, ReconcileOutcome } from './reconcile-world.ts';
import type { Targets } from './render-targets.ts';

/** Everything a quiet reconciliation looked at, by identity: objects are immutable, so the same object is the same value. */
interface Quiet {
  settings: unknown;
  project: unknown;
  /** Stands for the cluster: every reconciliation gets a view of its own, and all views share this. */
  predictions: unknown;
  manifests: readonly RenderedManifest[];
  revisions: string;
  keys: ResourceKey[];
  live: (KubernetesObject | undefined)[];
  owned: KubernetesObject[];
  tree: string;
  at: number;
  outcome: ReconcileOutcome;
}

/** Goes with the Application object: any write to the custom resource makes a new one. */
const quiet = new WeakMap<Application, Quiet>();

/** What no identity shows (a changed schema in the cluster, say) is looked at again after this long. */
const FORGET_AFTER_MS = 5 * 60_000;

/**
 * The outcome of the last reconciliation, when it found nothing to do and everything it looked at is still the same
 * object. Costs a few map look-ups instead of a comparison. A project that watches for orphans always compares.
 */
export async function unchangedOutcome(
  facts: ReconcileFacts,
  cluster: DestinationCluster,
  { manifests, revisions }: Targets,
): Promise<ReconcileOutcome | undefined> {
  const known = quiet.get(facts.application);
  if (known === undefined || known.predictions !== cluster.predictions || known.manifests !== manifests)
    return undefined;
  if (known.revisions !== revisions.join(' ')) return undefined;
  if (known.settings !== facts.settings || known.project !== facts.project) return undefined;
  if (facts.now.getTime() - known.at > FORGET_AFTER_MS) return undefined;
  if (!isSameList(known.owned, [...cluster.ownedObjects(facts.instanceName)])) return undefined;
  const live = await cluster.liveObjects(known.keys);
  if (!known.keys.every((key, index) => live.get(formatResourceKey(key)) === known.live[index])) return undefined;
  return known.tree === treeText(cluster, known.keys, known.live) ? known.outcome : undefined;
}

/** Remembers a reconciliation that wrote nothing, waits for nothing and plans to look again at no certain time. */
export async function rememberQuiet(
  facts: ReconcileFacts,
  cluster: DestinationCluster,
  { manifests, revisions }: Targets,
  outcome: ReconcileOutcome,
): Promise<void> {
  const { comparison, application } = outcome;
  const isQuiet = !outcome.wrote && outcome.waitingFor === undefined && outcome.requeueAfter === undefined;
  if (!isQuiet || comparison === undefined || application !== facts.application) return;
  if (facts.project?.spec.orphanedResources !== undefined || facts.refresh !== undefined) return;
  // The namespace is compared without being one of the resources.
  if (facts.application.spec.syncPolicy?.managedNamespaceMetadata !== undefined) return;
  const keys = comparison.resources.map(({ key }) => key);
  const found = await cluster.liveObjects(keys);
  const live = keys.map((key) => found.get(formatResourceKey(key)));
  // What was compared must be what the cluster's cache holds, or a reading of it in the target's version.
  const isHeld = comparison.resources.every(({ live: compared }, index) => {
    const held = live[index];
    if (compared === undefined) return true;
    return held !== undefined && liveInVersion(held, compared.apiVersion) === compared;
  });
  if (!isHeld) return;
  quiet.set(application, {
    settings: facts.settings,
    project: facts.project,
    predictions: cluster.predictions,
    manifests,
    revisions: revisions.join(' '),
    keys,
    live,
    owned: [...cluster.ownedObjects(facts.instanceName)],
    tree: treeText(cluster, keys, live),
    at: facts.now.getTime(),
    outcome,
  });
}

function treeText(cluster: DestinationCluster, keys: readonly ResourceKey[], live: readonly unknown[]): string {
  const { images, externalURLs } = cluster.treeFacts(keys.filter((_key, index) => live[index] !== undefined));
  return `${images.join(' ')}\n${externalURLs.join(' ')}`;
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
