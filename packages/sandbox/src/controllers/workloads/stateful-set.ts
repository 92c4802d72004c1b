import { cloneJson, equalJson } from '../../json.ts';
import { labelSelectorMatcher } from '../../selectors/label-selector.ts';
import {
  type Controller,
  type ControllerContext,
  keyOf,
  splitKey,
  watchOwned,
  watchSelf,
} from '../machinery/controller.ts';
import {
  CLAIMS,
  type ControllerRevision,
  type PersistentVolumeClaim,
  PODS,
  type Pod,
  type PodSpec,
  STATEFUL_SETS,
  type StatefulSet,
  type StatefulSetStatus,
} from '../machinery/objects.ts';
import { claimChildren } from '../machinery/ownership.ts';
import { omitEmpty, writeStatus } from '../machinery/write-status.ts';
import { createPod, deletePod, podNameBase } from '../pods/pod-control.ts';
import { availableIn, isAvailable, isFinished, isReady, isTerminating } from '../pods/pod-facts.ts';
import { REVISION_HASH_LABEL, type RevisionHistory, syncRevisions, truncateRevisions } from './controller-revisions.ts';

const NAME = 'statefulset';
const MANAGER = 'kube-controller-manager';
const COMPONENT = 'statefulset-controller';
/** Pods of a Parallel set created in one step. */
const BURST = 100;

/**
 * Keeps Pods with stable names and claims, in order: created from the lowest ordinal once the one before is ready,
 * deleted and updated from the highest. `podManagementPolicy: Parallel` waits for nobody while scaling.
 */
export function statefulSetController(context: ControllerContext): Controller {
  const { client } = context;

  return { name: NAME, watches: [watchSelf(STATEFUL_SETS), watchOwned(PODS, 'StatefulSet')], reconcile };

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const set = client.get(STATEFUL_SETS, namespace, name) as StatefulSet | undefined;
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const history = syncRevisions(context, set, set.status?.collisionCount);
    const currentName = set.status?.currentRevision;
    const current = history.all.find((revision) => revision.metadata.name === currentName) ?? history.update;
    const labelsMatch = labelSelectorMatcher(set.spec.selector);
    const pods = claimChildren<Pod>(context, {
      owner: set,
      resource: PODS,
      matches: labelsMatch,
      manager: MANAGER,
    }).filter((pod) => ordinalOf(set, pod) !== undefined);
    const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod) ?? 0, pod]));
    const currentReplicas = set.status?.currentReplicas ?? 0;
    step(set, { current, update: history.update, currentReplicas, pods: byOrdinal });
    report(set, current, history);
  }

  interface State {
    current: ControllerRevision;
    update: ControllerRevision;
    currentReplicas: number;
    pods: Map<number, Pod>;
  }

  /** One move towards what is wanted; the change of a Pod calls for the next. */
  function step(set: StatefulSet, state: State): void {
    const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    const first = set.spec.ordinals?.start ?? 0;
    const wanted = Array.from({ length: set.spec.replicas ?? 1 }, (_, index) => first + index);
    let created = 0;
    for (const ordinal of wanted) {
      const pod = state.pods.get(ordinal);
      if (pod === undefined) {
        if (created === BURST) {
          context.enqueue(NAME, keyOf(set));
          return;
        }
        create(set, state, ordinal);
        created += 1;
        if (isOrdered) return;
        continue;
      }
      if (isFinished(pod) && !isTerminating(pod)) {
        remove(set, pod);
        return;
      }
      ensureClaims(set, ordinal);
      if (isOrdered && (isTerminating(pod) || !isHealthy(pod) || !isAvailable(pod, minReadySeconds, context.now()))) {
        waitForAvailability(set, pod);
        return;
      }
    }
    const condemned = [...state.pods.entries()]
      .filter(([ordinal]) => !wanted.includes(ordinal))
      .sort(([a], [b]) => b - a);
    for (const [, pod] of condemned) {
      if (!isTerminating(pod)) remove(set, pod);
      if (isOrdered) return;
    }
    if (created === 0) updateOne(set, state, wanted);
  }

  function updateOne(set: StatefulSet, state: State, wanted: number[]): void {
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const first = set.spec.ordinals?.start ?? 0;
    for (const ordinal of wanted.filter((candidate) => candidate >= first + partition).reverse()) {
      const pod = state.pods.get(ordinal);
      if (pod === undefined) return;
      if (revisionName(pod) !== state.update.metadata.name && !isTerminating(pod)) {
        remove(set, pod);
        return;
      }
      if (!isHealthy(pod) || !isAvailable(pod, set.spec.minReadySeconds ?? 0, context.now())) {
        waitForAvailability(set, pod);
        return;
      }
    }
  }

  function waitForAvailability(set: StatefulSet, pod: Pod): void {
    const wait = availableIn(pod, set.spec.minReadySeconds ?? 0, context.now());
    if (wait !== undefined && wait > 0) context.requeueAfter(NAME, keyOf(set), wait, 'settling');
  }

  function create(set: StatefulSet, state: State, ordinal: number): void {
    ensureClaims(set, ordinal);
    const revision = needsCurrent(set, state, ordinal) ? state.current : state.update;
    const { $patch: _patch, ...template } = revision.data.spec.template;
    const name = podName(set, ordinal);
    createPod(context, {
      owner: set,
      template,
      manager: MANAGER,
      component: COMPONENT,
      name,
      generateName: podNameBase(set.metadata.name),
      successMessage: `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
      labels: {
        [REVISION_HASH_LABEL]: revision.metadata.name,
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(ordinal),
      },
      adjustSpec: (spec) => identify(set, spec, ordinal),
    });
  }

  function remove(set: StatefulSet, pod: Pod): void {
    const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
    deletePod(context, { owner: set, pod, component: COMPONENT, message });
  }

  function ensureClaims(set: StatefulSet, ordinal: number): void {
    const namespace = set.metadata.namespace ?? '';
    for (const template of set.spec.volumeClaimTemplates ?? []) {
      const name = claimName(set, template.metadata.name, ordinal);
      if (client.get(CLAIMS, namespace, name) !== undefined) continue;
      const claim = client.create(
        CLAIMS,
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: {
            name,
            namespace,
            labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
            ...(template.metadata.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
            ...(set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete'
              ? {
                  ownerReferences: [
                    {
                      apiVersion: set.apiVersion,
                      kind: set.kind,
                      name: set.metadata.name,
                      uid: set.metadata.uid,
                      controller: true,
                    },
                  ],
                }
              : {}),
          },
          spec: cloneJson(template.spec),
        },
        MANAGER,
      ) as PersistentVolumeClaim;
      context.events.record(set, {
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: `create Claim ${claim.metadata.name} Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name} success`,
        component: COMPONENT,
      });
    }
  }

  function report(set: StatefulSet, current: ControllerRevision, history: RevisionHistory): void {
    const stored = client.get(STATEFUL_SETS, set.metadata.namespace ?? '', set.metadata.name) as
      | StatefulSet
      | undefined;
    if (stored === undefined || stored.metadata.uid !== set.metadata.uid) return;
    const pods = client
      .ownedBy(set.metadata.uid)
      .filter(({ resource }) => resource.resource === PODS.resource && resource.group === PODS.group)
      .map(({ object }) => object as Pod);
    const live = pods.filter((pod) => !isTerminating(pod));
    const on = (revision: ControllerRevision) =>
      live.filter((pod) => revisionName(pod) === revision.metadata.name).length;
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    const ready = pods.filter(isHealthy).length;
    const { update } = history;
    const counts = {
      replicas: pods.length,
      readyReplicas: ready,
      currentReplicas: on(current),
      updatedReplicas: on(update),
    };
    const wanted = set.spec.replicas ?? 1;
    const isUpdated =
      set.spec.updateStrategy?.type !== 'OnDelete' &&
      counts.updatedReplicas === wanted &&
      counts.replicas === wanted &&
      ready === wanted;
    const status: StatefulSetStatus = {
      ...omitEmpty({
        ...counts,
        observedGeneration: set.metadata.generation ?? 0,
        conditions: set.status?.conditions ?? [],
      }),
      replicas: counts.replicas,
      availableReplicas: pods.filter((pod) => isHealthy(pod) && isAvailable(pod, minReadySeconds, context.now()))
        .length,
      collisionCount: set.status?.collisionCount ?? 0,
      currentRevision: (isUpdated ? update : current).metadata.name,
      updateRevision: update.metadata.name,
      ...(isUpdated ? omitEmpty({ currentReplicas: counts.updatedReplicas }) : {}),
    };
    if (!equalJson(stored.status, status))
      writeStatus(context, { resource: STATEFUL_SETS, object: stored, status, manager: MANAGER });
    const inUse = new Set([current.metadata.name, ...pods.map(revisionName)]);
    truncateRevisions(context, set, history, inUse);
  }
}

/** Below the partition, or not yet reached by the rolling update, a Pod comes back with the template it had. */
function needsCurrent(
  set: StatefulSet,
  state: { current: ControllerRevision; update: ControllerRevision; currentReplicas: number },
  ordinal: number,
): boolean {
  if (state.current.metadata.name === state.update.metadata.name) return false;
  const first = set.spec.ordinals?.start ?? 0;
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition;
  if (set.spec.updateStrategy?.type === 'OnDelete') return false;
  return ordinal < first + (partition === undefined || partition === 0 ? state.currentReplicas : partition);
}

function isHealthy(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isReady(pod);
}

function revisionName(pod: Pod): string {
  return pod.metadata.labels?.[REVISION_HASH_LABEL] ?? '';
}

function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

function claimName(set: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${podName(set, ordinal)}`;
}

function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  if (!pod.metadata.name.startsWith(prefix)) return undefined;
  const rest = pod.metadata.name.slice(prefix.length);
  return /^\d+$/.test(rest) ? Number(rest) : undefined;
}

/** Gives a Pod its host name and puts its claims in place of volumes of the same name. */
function identify(set: StatefulSet, spec: PodSpec, ordinal: number): void {
  spec.hostname = podName(set, ordinal);
  if (set.spec.serviceName !== undefined && set.spec.serviceName !== '') spec.subdomain = set.spec.serviceName;
  const templates = set.spec.volumeClaimTemplates ?? [];
  if (templates.length === 0) return;
  const names = new Set(templates.map((template) => template.metadata.name));
  spec.volumes = [
    ...templates.map((template) => ({
      name: template.metadata.name,
      persistentVolumeClaim: { claimName: claimName(set, template.metadata.name, ordinal) },
    })),
    ...(spec.volumes ?? []).filter((volume) => !names.has(volume.name)),
  ];
}
