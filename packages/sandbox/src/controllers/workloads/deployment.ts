import { cloneJson, equalJson } from '../../json.ts';
import { labelSelectorMatcher } from '../../selectors/label-selector.ts';
import { findCondition } from '../machinery/conditions.ts';
import {
  type Controller,
  type ControllerContext,
  keyOf,
  splitKey,
  type Watch,
  watchOwned,
  watchSelf,
} from '../machinery/controller.ts';
import {
  DEPLOYMENTS,
  type Deployment,
  type DeploymentStatus,
  PODS,
  type Pod,
  REPLICA_SETS,
  type ReplicaSet,
} from '../machinery/objects.ts';
import { claimChildren, controllerOf, controllerReference } from '../machinery/ownership.ts';
import { templateHash } from '../machinery/template-hash.ts';
import { writeStatus } from '../machinery/write-status.ts';
import { isFinished } from '../pods/pod-facts.ts';
import {
  byAge,
  DESIRED_REPLICAS,
  findNewest,
  HASH_LABEL,
  isRolling,
  maxSurgeOf,
  newestReplicas,
  proportionOf,
  REVISION,
  replicaSetAnnotations,
  replicasOf,
  revisionOf,
  scaleDownOld,
  sizeAnnotations,
  sumOf,
} from './deployment-rollout.ts';
import {
  condition,
  countReplicas,
  hasProgressDeadline,
  isComplete,
  progressDeadlineIn,
  rolloutStatus,
  setCondition,
} from './deployment-status.ts';

const NAME = 'deployment';
const MANAGER = 'kube-controller-manager';
const COMPONENT = 'deployment-controller';

/**
 * Rolls a Deployment from ReplicaSet to ReplicaSet. Each reconcile takes the step that counts allow now: the ReplicaSets'
 * status changes call it again for the next. The order of steps, reasons and messages are those of
 * `pkg/controller/deployment`, since `kubectl rollout` and health checks read them.
 */
export function deploymentController(context: ControllerContext): Controller {
  const { client, events } = context;

  return {
    name: NAME,
    watches: [watchSelf(DEPLOYMENTS), watchOwned(REPLICA_SETS, 'Deployment'), watchOrphanedSets(), watchFinishedPods()],
    reconcile,
  };

  function watchOrphanedSets(): Watch {
    return {
      resource: REPLICA_SETS,
      *keys({ type, object }) {
        if (type === 'DELETED' || controllerOf(object) !== undefined) return;
        for (const candidate of client.list(DEPLOYMENTS, object.metadata.namespace)) {
          const { selector } = (candidate as Deployment).spec;
          if (labelSelectorMatcher(selector)(object.metadata.labels ?? {})) yield keyOf(candidate);
        }
      },
    };
  }

  /** A Recreate rollout waits for the last old Pod to be gone, which no count of a ReplicaSet shows. */
  function watchFinishedPods(): Watch {
    return {
      resource: PODS,
      *keys({ type, object }) {
        const owner = controllerOf(object);
        if (type !== 'DELETED' || owner?.kind !== 'ReplicaSet') return;
        const set = client.get(REPLICA_SETS, object.metadata.namespace ?? '', owner.name);
        const deployment = set && controllerOf(set);
        if (deployment?.kind === 'Deployment') yield `${object.metadata.namespace}/${deployment.name}`;
      },
    };
  }

  function read(deployment: Deployment): Deployment {
    return (client.get(DEPLOYMENTS, deployment.metadata.namespace ?? '', deployment.metadata.name) ??
      deployment) as Deployment;
  }

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const deployment = client.get(DEPLOYMENTS, namespace, name) as Deployment | undefined;
    if (deployment === undefined) return;
    const sets = claimChildren<ReplicaSet>(context, {
      owner: deployment,
      resource: REPLICA_SETS,
      matches: labelSelectorMatcher(deployment.spec.selector),
      manager: MANAGER,
    });
    if (deployment.metadata.deletionTimestamp !== undefined) {
      const newest = findNewest(deployment, sets);
      save(deployment, countReplicas(deployment, sets, newest, context.now()));
      return;
    }
    const current = checkPaused(deployment);
    if (current.spec.paused === true || isScaling(current, sets)) scaleOnly(current, sets);
    else if (isRolling(current)) rollOut(current, sets);
    else recreate(current, sets);
  }

  function rollOut(initial: Deployment, sets: ReplicaSet[]): void {
    const { deployment, newest, old } = withNewest(initial, sets);
    if (newest === undefined) return;
    const wanted =
      replicasOf(newest) > replicasOf(deployment)
        ? replicasOf(deployment)
        : newestReplicas(deployment, [...old, newest], replicasOf(newest));
    if (replicasOf(newest) !== wanted) {
      const scaled = scaleSet(deployment, newest, wanted);
      finish(deployment, [...old, scaled], scaled);
      return;
    }
    const sizes = scaleDownOld(deployment, newest, old);
    let hasScaled = false;
    const after = old.map((set) => {
      const size = sizes.get(set) ?? replicasOf(set);
      if (size === replicasOf(set)) return set;
      hasScaled = true;
      return scaleSet(deployment, set, size);
    });
    if (!hasScaled && isComplete(deployment, deployment.status ?? {})) cleanUp(deployment, after);
    finish(deployment, [...after, newest], newest);
  }

  function recreate(initial: Deployment, sets: ReplicaSet[]): void {
    const existing = findNewest(initial, sets);
    const old = sets.filter((set) => set !== existing);
    const active = old.filter((set) => replicasOf(set) > 0);
    if (active.length > 0) {
      const scaled = new Map(active.map((set) => [set, scaleSet(initial, set, 0)]));
      const after = sets.map((set) => scaled.get(set) ?? set);
      finish(initial, after, existing);
      return;
    }
    if (old.some(hasRunningPods)) {
      finish(initial, sets, existing);
      return;
    }
    const { deployment, newest } = withNewest(initial, sets);
    if (newest === undefined) return;
    const scaled =
      replicasOf(newest) === replicasOf(deployment) ? newest : scaleSet(deployment, newest, replicasOf(deployment));
    if (isComplete(deployment, deployment.status ?? {})) cleanUp(deployment, old);
    finish(deployment, [...old, scaled], scaled);
  }

  function hasRunningPods(set: ReplicaSet): boolean {
    return client
      .ownedBy(set.metadata.uid)
      .some(
        ({ resource, object }) =>
          resource.resource === PODS.resource && resource.group === '' && !isFinished(object as Pod),
      );
  }

  /** A paused Deployment is scaled but not rolled; a running one that changes size is scaled before it is rolled on. */
  function scaleOnly(initial: Deployment, sets: ReplicaSet[]): void {
    const existing = findNewest(initial, sets);
    const { deployment, newest, old } =
      existing === undefined ? { deployment: initial, newest: undefined, old: sets } : withNewest(initial, sets);
    const after = scaleProportionally(deployment, newest, old);
    if (deployment.spec.paused === true)
      cleanUp(
        deployment,
        after.filter((set) => set.metadata.uid !== newest?.metadata.uid),
      );
    const newestAfter = after.find((set) => set.metadata.uid === newest?.metadata.uid);
    save(deployment, countReplicas(deployment, after, newestAfter, context.now()));
  }

  function scaleProportionally(
    deployment: Deployment,
    newest: ReplicaSet | undefined,
    old: ReplicaSet[],
  ): ReplicaSet[] {
    const all = newest === undefined ? old : [...old, newest];
    const active = all.filter((set) => replicasOf(set) > 0);
    const wanted = replicasOf(deployment);
    if (active.length <= 1) {
      const only = active[0] ?? newest ?? [...old].sort(byAge).at(-1);
      return only === undefined ? all : replace(all, only, scaleSet(deployment, only, wanted));
    }
    if (newest !== undefined && isSaturated(deployment, newest)) {
      return all.map((set) => (set === newest ? set : scaleSet(deployment, set, 0)));
    }
    if (!isRolling(deployment)) return all;
    const allowed = wanted > 0 ? wanted + maxSurgeOf(deployment) : 0;
    const toAdd = allowed - sumOf(active, replicasOf);
    const order = [...active].sort((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)));
    let added = 0;
    const sizes = new Map<ReplicaSet, number>();
    for (const set of order) {
      const share = toAdd === 0 ? 0 : proportionOf(set, deployment, toAdd, added);
      sizes.set(set, replicasOf(set) + share);
      added += share;
    }
    const [largest] = order;
    if (largest !== undefined) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
    return all.map((set) => scaleSet(deployment, set, sizes.get(set) ?? replicasOf(set)));
  }

  /** Finds the ReplicaSet of the current template or creates it, and moves revisions on. */
  function withNewest(
    initial: Deployment,
    sets: ReplicaSet[],
  ): { deployment: Deployment; newest: ReplicaSet | undefined; old: ReplicaSet[] } {
    const existing = findNewest(initial, sets);
    const old = sets.filter((set) => set !== existing);
    const revision = Math.max(0, ...old.map(revisionOf)) + 1;
    if (existing !== undefined) {
      const annotations = replicaSetAnnotations(initial, existing.metadata.annotations ?? {}, revision);
      const minReadySeconds = initial.spec.minReadySeconds;
      let newest = existing;
      if (
        !equalJson(annotations, existing.metadata.annotations) ||
        (existing.spec.minReadySeconds ?? 0) !== (minReadySeconds ?? 0)
      ) {
        newest = cloneJson(existing);
        newest.metadata.annotations = annotations;
        if (minReadySeconds === undefined) delete newest.spec.minReadySeconds;
        else newest.spec.minReadySeconds = minReadySeconds;
        newest = client.update(REPLICA_SETS, newest, MANAGER) as ReplicaSet;
      }
      let deployment = annotateRevision(initial, newest);
      if (
        hasProgressDeadline(deployment) &&
        findCondition(deployment.status?.conditions, 'Progressing') === undefined
      ) {
        deployment = progress(deployment, 'FoundNewReplicaSet', `Found new replica set "${newest.metadata.name}"`);
      }
      return { deployment, newest, old };
    }
    const newest = createSet(initial, old, revision);
    if (newest === undefined) return { deployment: initial, newest: undefined, old };
    let deployment = annotateRevision(initial, newest);
    if (hasProgressDeadline(deployment))
      deployment = progress(deployment, 'NewReplicaSetCreated', `Created new replica set "${newest.metadata.name}"`);
    return { deployment, newest, old };
  }

  function createSet(deployment: Deployment, old: ReplicaSet[], revision: number): ReplicaSet | undefined {
    const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
    const name = `${deployment.metadata.name}-${hash}`;
    const namespace = deployment.metadata.namespace ?? '';
    if (client.get(REPLICA_SETS, namespace, name) !== undefined) {
      // Somebody else's ReplicaSet has the name: another hash is tried, as upstream does.
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
      save(deployment, { ...deployment.status, collisionCount });
      return undefined;
    }
    const labels = { ...deployment.spec.template.metadata?.labels, [HASH_LABEL]: hash };
    const replicas = newestReplicas(deployment, old, 0);
    const { minReadySeconds } = deployment.spec;
    let set: ReplicaSet;
    try {
      set = client.create(
        REPLICA_SETS,
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          metadata: {
            name,
            namespace,
            labels,
            annotations: replicaSetAnnotations(deployment, undefined, revision),
            ownerReferences: [controllerReference(deployment)],
          },
          spec: {
            replicas,
            ...(minReadySeconds === undefined || minReadySeconds === 0 ? {} : { minReadySeconds }),
            selector: {
              ...deployment.spec.selector,
              matchLabels: { ...deployment.spec.selector.matchLabels, [HASH_LABEL]: hash },
            },
            template: { ...deployment.spec.template, metadata: { ...deployment.spec.template.metadata, labels } },
          },
        },
        MANAGER,
      ) as ReplicaSet;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `Failed to create new replica set "${name}": ${reason}`;
      const conditions = setCondition(
        deployment.status?.conditions,
        condition('Progressing', 'False', 'ReplicaSetCreateError', message, context.now()),
      );
      save(deployment, { ...deployment.status, conditions });
      events.record(deployment, { type: 'Warning', reason: 'ReplicaSetCreateError', message, component: COMPONENT });
      throw error;
    }
    if (replicas > 0) reportScaling(deployment, 'up', name, 0, replicas);
    return set;
  }

  function annotateRevision(deployment: Deployment, newest: ReplicaSet): Deployment {
    const revision = newest.metadata.annotations?.[REVISION] ?? '1';
    if (deployment.metadata.annotations?.[REVISION] === revision) return deployment;
    const annotated = cloneJson(deployment);
    annotated.metadata.annotations = { ...annotated.metadata.annotations, [REVISION]: revision };
    return client.update(DEPLOYMENTS, annotated, MANAGER) as Deployment;
  }

  function progress(deployment: Deployment, reason: string, message: string): Deployment {
    const conditions = setCondition(
      deployment.status?.conditions,
      condition('Progressing', 'True', reason, message, context.now()),
    );
    return writeStatus(context, {
      resource: DEPLOYMENTS,
      object: deployment,
      status: { ...deployment.status, conditions },
      manager: MANAGER,
    });
  }

  function scaleSet(deployment: Deployment, set: ReplicaSet, replicas: number): ReplicaSet {
    const before = replicasOf(set);
    const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
    if (before === replicas && equalJson(annotations, set.metadata.annotations)) return set;
    const scaled = cloneJson(set);
    scaled.spec.replicas = replicas;
    scaled.metadata.annotations = annotations;
    const stored = client.update(REPLICA_SETS, scaled, MANAGER) as ReplicaSet;
    if (before !== replicas)
      reportScaling(deployment, replicas > before ? 'up' : 'down', set.metadata.name, before, replicas);
    return stored;
  }

  function reportScaling(
    deployment: Deployment,
    direction: 'up' | 'down',
    set: string,
    from: number,
    to: number,
  ): void {
    const message = `Scaled ${direction} replica set ${set} from ${from} to ${to}`;
    events.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message, component: COMPONENT });
  }

  function checkPaused(deployment: Deployment): Deployment {
    if (!hasProgressDeadline(deployment)) return deployment;
    const current = findCondition(deployment.status?.conditions, 'Progressing');
    if (current?.reason === 'ProgressDeadlineExceeded') return deployment;
    const wasPaused = current?.reason === 'DeploymentPaused';
    const isPaused = deployment.spec.paused === true;
    if (isPaused === wasPaused) return deployment;
    const next = isPaused
      ? condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', context.now())
      : condition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', context.now());
    const status = { ...deployment.status, conditions: setCondition(deployment.status?.conditions, next) };
    return writeStatus(context, { resource: DEPLOYMENTS, object: deployment, status, manager: MANAGER });
  }

  function cleanUp(deployment: Deployment, old: ReplicaSet[]): void {
    const limit = deployment.spec.revisionHistoryLimit ?? 10;
    const alive = old
      .filter((set) => set.metadata.deletionTimestamp === undefined)
      .sort((a, b) => revisionOf(a) - revisionOf(b));
    for (const set of alive.slice(0, Math.max(0, alive.length - limit))) {
      const isInUse = replicasOf(set) !== 0 || (set.status?.replicas ?? 0) !== 0;
      if (isInUse || (set.metadata.generation ?? 0) > (set.status?.observedGeneration ?? 0)) continue;
      client.delete(REPLICA_SETS, set.metadata.namespace ?? '', set.metadata.name, { uid: set.metadata.uid });
    }
  }

  function finish(deployment: Deployment, sets: ReplicaSet[], newest: ReplicaSet | undefined): void {
    save(deployment, rolloutStatus(deployment, sets, newest, context.now()));
  }

  function save(deployment: Deployment, status: DeploymentStatus): void {
    const object = read(deployment);
    writeStatus(context, { resource: DEPLOYMENTS, object, status, manager: MANAGER });
    const wait = progressDeadlineIn(deployment, status, context.now());
    if (wait !== undefined) context.requeueAfter(NAME, keyOf(deployment), wait, 'background');
  }
}

function isScaling(deployment: Deployment, sets: ReplicaSet[]): boolean {
  return sets.some((set) => {
    const remembered = set.metadata.annotations?.[DESIRED_REPLICAS];
    return replicasOf(set) > 0 && remembered !== undefined && Number(remembered) !== replicasOf(deployment);
  });
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = replicasOf(deployment);
  return (
    replicasOf(set) === wanted &&
    Number(set.metadata.annotations?.[DESIRED_REPLICAS]) === wanted &&
    (set.status?.availableReplicas ?? 0) === wanted
  );
}

function replace(sets: ReplicaSet[], before: ReplicaSet, after: ReplicaSet): ReplicaSet[] {
  return sets.map((set) => (set === before ? after : set));
}
