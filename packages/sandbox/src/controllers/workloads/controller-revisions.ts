import { cloneJson, equalJson } from '../../json.ts';
import { labelSelectorMatcher } from '../../selectors/label-selector.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import type { ControllerContext } from '../machinery/controller.ts';
import {
  CONTROLLER_REVISIONS,
  type ControllerRevision,
  type LabelSelector,
  type PodTemplate,
} from '../machinery/objects.ts';
import { claimChildren, controllerReference } from '../machinery/ownership.ts';
import { templateHash } from '../machinery/template-hash.ts';

const MANAGER = 'kube-controller-manager';
/** The label of Pods that tells templates apart. */
export const REVISION_HASH_LABEL = 'controller-revision-hash';
/** The same of ControllerRevisions: a DaemonSet's carry the label of its Pods. */
const hashLabelOf = (kind: string) => (kind === 'DaemonSet' ? REVISION_HASH_LABEL : 'controller.kubernetes.io/hash');

interface Versioned extends StoredObject {
  spec: { selector: LabelSelector; template: PodTemplate; revisionHistoryLimit?: number };
}

export interface RevisionHistory {
  /** The revision of the template as it is now. */
  update: ControllerRevision;
  /** All revisions, oldest first. */
  all: ControllerRevision[];
}

/**
 * The history of templates of a StatefulSet or DaemonSet, with a revision for the present one: a template seen before
 * gets its old revision back with the next number, as `kubectl rollout undo` expects.
 */
export function syncRevisions(context: ControllerContext, owner: Versioned, collisionCount = 0): RevisionHistory {
  const { client } = context;
  const all = claimChildren<ControllerRevision>(context, {
    owner,
    resource: CONTROLLER_REVISIONS,
    matches: labelSelectorMatcher(owner.spec.selector),
    manager: MANAGER,
  }).sort((a, b) => a.revision - b.revision || (a.metadata.name < b.metadata.name ? -1 : 1));
  const data = { spec: { template: { ...owner.spec.template, $patch: 'replace' } } };
  const latest = all.at(-1);
  const equal = all.filter((revision) => equalJson(revision.data, data)).at(-1);
  const next = (latest?.revision ?? 0) + 1;
  if (equal !== undefined && equal === latest) return { update: equal, all };
  if (equal !== undefined) {
    const renewed = cloneJson(equal);
    renewed.revision = next;
    const update = client.update(CONTROLLER_REVISIONS, renewed, MANAGER) as ControllerRevision;
    return { update, all: [...all.filter((revision) => revision !== equal), update] };
  }
  const hash = templateHash(owner.spec.template, collisionCount);
  const update = client.create(
    CONTROLLER_REVISIONS,
    {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `${owner.metadata.name}-${hash}`,
        namespace: owner.metadata.namespace,
        labels: { ...owner.spec.template.metadata?.labels, [hashLabelOf(owner.kind)]: hash },
        ...(owner.metadata.annotations === undefined ? {} : { annotations: copiedAnnotations(owner) }),
        ownerReferences: [controllerReference(owner)],
      },
      data,
      revision: next,
    },
    MANAGER,
  ) as ControllerRevision;
  return { update, all: [...all, update] };
}

/** Deletes the oldest revisions that no Pod uses, beyond the limit of the history. */
export function truncateRevisions(
  { client }: ControllerContext,
  owner: Versioned,
  history: RevisionHistory,
  inUse: Set<string>,
): void {
  const unused = history.all.filter(
    (revision) => revision.metadata.name !== history.update.metadata.name && !inUse.has(revision.metadata.name),
  );
  const surplus = unused.length - (owner.spec.revisionHistoryLimit ?? 10);
  for (const revision of unused.slice(0, Math.max(0, surplus))) {
    client.delete(CONTROLLER_REVISIONS, revision.metadata.namespace ?? '', revision.metadata.name, {
      uid: revision.metadata.uid,
    });
  }
}

/** The hash that the Pods of a DaemonSet carry. */
export function revisionHash(revision: ControllerRevision): string {
  return revision.metadata.labels?.[hashLabelOf('DaemonSet')] ?? '';
}

/** `kubernetes.io/change-cause` and the like, for `kubectl rollout history`; not what only concerns the object itself. */
function copiedAnnotations(owner: StoredObject): Record<string, string> {
  const annotations = { ...owner.metadata.annotations };
  delete annotations['kubectl.kubernetes.io/last-applied-configuration'];
  return annotations;
}
