import { cloneJson } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import { quantityValue } from '../../validation/quantity.ts';
import {
  type Controller,
  type ControllerContext,
  keyOf,
  splitKey,
  type Watch,
  watchSelf,
} from '../machinery/controller.ts';
import { CLAIMS, type PersistentVolumeClaim, PODS, type Pod, STORAGE_CLASSES, VOLUMES } from '../machinery/objects.ts';
import { writeStatus } from '../machinery/write-status.ts';
import { isFinished } from '../pods/pod-facts.ts';
import { simulationOf } from '../simulate.ts';

const NAME = 'persistentvolumeclaim';
const MANAGER = 'kube-controller-manager';
const COMPONENT = 'persistentvolume-controller';
const PROTECTION = 'kubernetes.io/pvc-protection';
const VOLUME_PROTECTION = 'kubernetes.io/pv-protection';
const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class';
const PROVISIONER = 'sandbox.lockstep.dev/host-path';

interface StorageClass extends StoredObject {
  provisioner?: string;
  reclaimPolicy?: string;
  volumeBindingMode?: string;
}

interface Volume extends StoredObject {
  spec: {
    capacity?: Record<string, string>;
    accessModes?: string[];
    storageClassName?: string;
    persistentVolumeReclaimPolicy?: string;
    claimRef?: { namespace?: string; name?: string; uid?: string };
    [field: string]: unknown;
  };
  status?: { phase?: string };
}

/** The StorageClass that claims get which ask for none. */
export function registerStorageClass(client: ControllerContext['client']): void {
  if (client.list(STORAGE_CLASSES).length > 0) return;
  client.create(
    STORAGE_CLASSES,
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'standard', annotations: { [IS_DEFAULT]: 'true' } },
      provisioner: PROVISIONER,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
      allowVolumeExpansion: true,
    },
    MANAGER,
  );
}

/** Binds each claim to a volume: one that is there and fits, else a new one of its StorageClass. */
export function persistentVolumeClaimController(context: ControllerContext): Controller {
  const { client, events } = context;
  const unbound = new Set<string>();

  return { name: NAME, watches: [watchSelf(CLAIMS), watchVolumes(), watchClasses(), watchPods()], reconcile };

  function watchVolumes(): Watch {
    return {
      resource: VOLUMES,
      *keys({ object }) {
        const { claimRef } = (object as Volume).spec;
        if (claimRef?.name !== undefined) yield `${claimRef.namespace}/${claimRef.name}`;
        else yield* [...unbound];
      },
    };
  }

  function watchClasses(): Watch {
    return { resource: STORAGE_CLASSES, keys: () => [...unbound] };
  }

  /** A protected claim may go, and one that waits for its first consumer may be bound, when a Pod says so. */
  function watchPods(): Watch {
    return {
      resource: PODS,
      *keys({ object }) {
        for (const { persistentVolumeClaim } of (object as Pod).spec.volumes ?? []) {
          if (persistentVolumeClaim !== undefined)
            yield `${object.metadata.namespace}/${persistentVolumeClaim.claimName}`;
        }
      },
    };
  }

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const claim = client.get(CLAIMS, namespace, name) as PersistentVolumeClaim | undefined;
    if (claim === undefined) {
      unbound.delete(key);
      releaseVolumes(namespace, name, undefined);
      return;
    }
    if (claim.metadata.deletionTimestamp !== undefined) {
      if (claim.metadata.finalizers?.includes(PROTECTION) === true && !isInUse(namespace, name))
        client.removeFinalizer(CLAIMS, namespace, name, PROTECTION);
      return;
    }
    releaseVolumes(namespace, name, claim.metadata.uid);
    if (claim.status?.phase === 'Bound') {
      unbound.delete(key);
      grow(claim);
      return;
    }
    unbound.add(key);
    if (simulationOf(claim.metadata).neverBound) {
      pending(claim);
      return;
    }
    const storageClass = classOf(claim);
    const volume = volumeFor(claim, storageClass);
    if (volume === undefined) pending(claim);
    else bind(claim, volume, storageClass);
  }

  function classOf(claim: PersistentVolumeClaim): StorageClass | undefined {
    const classes = client.list(STORAGE_CLASSES) as StorageClass[];
    const { storageClassName } = claim.spec;
    if (storageClassName === undefined)
      return classes.find(({ metadata }) => metadata.annotations?.[IS_DEFAULT] === 'true');
    return classes.find(({ metadata }) => metadata.name === storageClassName);
  }

  function volumeFor(claim: PersistentVolumeClaim, storageClass: StorageClass | undefined): Volume | undefined {
    const className = claim.spec.storageClassName ?? storageClass?.metadata.name ?? '';
    const there = (client.list(VOLUMES) as Volume[]).find((volume) => fits(claim, volume, className));
    if (there !== undefined) return there;
    if (storageClass === undefined) {
      const isNamed = className !== '';
      const message = isNamed
        ? `storageclass.storage.k8s.io "${className}" not found`
        : 'no persistent volumes available for this claim and no storage class is set';
      events.record(claim, {
        type: isNamed ? 'Warning' : 'Normal',
        reason: isNamed ? 'ProvisioningFailed' : 'FailedBinding',
        message,
        component: COMPONENT,
      });
      return undefined;
    }
    if (
      storageClass.volumeBindingMode === 'WaitForFirstConsumer' &&
      !isInUse(claim.metadata.namespace ?? '', claim.metadata.name)
    ) {
      const message = 'waiting for first consumer to be created before binding';
      events.record(claim, { type: 'Normal', reason: 'WaitForFirstConsumer', message, component: COMPONENT });
      return undefined;
    }
    return provision(claim, storageClass);
  }

  function provision(claim: PersistentVolumeClaim, storageClass: StorageClass): Volume {
    const name = `pvc-${claim.metadata.uid}`;
    const existing = client.get(VOLUMES, '', name) as Volume | undefined;
    if (existing !== undefined) return existing;
    const { accessModes = ['ReadWriteOnce'], resources, volumeMode } = claim.spec;
    const volume = client.create(
      VOLUMES,
      {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: {
          name,
          finalizers: [VOLUME_PROTECTION],
          annotations: { 'pv.kubernetes.io/provisioned-by': storageClass.provisioner ?? PROVISIONER },
        },
        spec: {
          capacity: { storage: resources?.requests?.['storage'] ?? '1Gi' },
          accessModes,
          ...(volumeMode === undefined ? {} : { volumeMode }),
          persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
          storageClassName: storageClass.metadata.name,
          claimRef: referenceTo(claim),
          hostPath: { path: `/var/lib/sandbox/${name}`, type: '' },
        },
      },
      MANAGER,
    ) as Volume;
    const message = `Successfully provisioned volume ${name}`;
    events.record(claim, {
      type: 'Normal',
      reason: 'ProvisioningSucceeded',
      message,
      component: storageClass.provisioner ?? PROVISIONER,
    });
    return volume;
  }

  function bind(claim: PersistentVolumeClaim, volume: Volume, storageClass: StorageClass | undefined): void {
    const claimed = cloneJson(volume);
    if (claimed.spec.claimRef?.uid !== claim.metadata.uid) {
      claimed.spec.claimRef = referenceTo(claim);
      client.update(VOLUMES, claimed, MANAGER);
    }
    setVolumePhase(volume.metadata.name, 'Bound');
    const next = cloneJson(claim);
    next.spec.volumeName = volume.metadata.name;
    const className = claim.spec.storageClassName ?? storageClass?.metadata.name;
    if (className !== undefined) next.spec.storageClassName = className;
    next.metadata.annotations = {
      ...next.metadata.annotations,
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    };
    if (next.metadata.finalizers?.includes(PROTECTION) !== true)
      next.metadata.finalizers = [...(next.metadata.finalizers ?? []), PROTECTION];
    const stored = client.update(CLAIMS, next, MANAGER) as PersistentVolumeClaim;
    const { capacity, accessModes } = volume.spec;
    const status = {
      ...stored.status,
      phase: 'Bound',
      ...(accessModes === undefined ? {} : { accessModes }),
      ...(capacity === undefined ? {} : { capacity }),
    };
    writeStatus(context, { resource: CLAIMS, object: stored, status, manager: MANAGER });
    unbound.delete(keyOf(claim));
  }

  /** A bound claim that asks for more gets it. */
  function grow(claim: PersistentVolumeClaim): void {
    const wanted = claim.spec.resources?.requests?.['storage'];
    const has = claim.status?.capacity?.['storage'];
    const volume = client.get(VOLUMES, '', claim.spec.volumeName ?? '') as Volume | undefined;
    if (volume === undefined) {
      writeStatus(context, { resource: CLAIMS, object: claim, status: { phase: 'Lost' }, manager: MANAGER });
      return;
    }
    if (wanted === undefined || has === undefined || (quantityValue(wanted) ?? 0) <= (quantityValue(has) ?? 0)) return;
    const larger = cloneJson(volume);
    larger.spec.capacity = { ...larger.spec.capacity, storage: wanted };
    client.update(VOLUMES, larger, MANAGER);
    const status = { ...claim.status, capacity: { ...claim.status?.capacity, storage: wanted } };
    writeStatus(context, { resource: CLAIMS, object: claim, status, manager: MANAGER });
  }

  function pending(claim: PersistentVolumeClaim): void {
    writeStatus(context, {
      resource: CLAIMS,
      object: claim,
      status: { ...claim.status, phase: 'Pending' },
      manager: MANAGER,
    });
  }

  /** Volumes of a claim that is gone, or of an earlier one of the same name, are deleted or marked Released. */
  function releaseVolumes(namespace: string, name: string, currentUid: string | undefined): void {
    for (const volume of client.list(VOLUMES) as Volume[]) {
      const { claimRef, persistentVolumeReclaimPolicy } = volume.spec;
      if (
        claimRef?.namespace !== namespace ||
        claimRef.name !== name ||
        claimRef.uid === undefined ||
        claimRef.uid === currentUid
      )
        continue;
      if (persistentVolumeReclaimPolicy === 'Delete')
        client.delete(VOLUMES, '', volume.metadata.name, { uid: volume.metadata.uid });
      else setVolumePhase(volume.metadata.name, 'Released');
    }
  }

  function setVolumePhase(name: string, phase: string): void {
    const volume = client.get(VOLUMES, '', name) as Volume | undefined;
    if (volume !== undefined)
      writeStatus(context, {
        resource: VOLUMES,
        object: volume,
        status: { ...volume.status, phase },
        manager: MANAGER,
      });
  }

  function isInUse(namespace: string, name: string): boolean {
    return (client.list(PODS, namespace) as Pod[]).some(
      (pod) =>
        !isFinished(pod) &&
        (pod.spec.volumes ?? []).some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name),
    );
  }
}

/** Marks volumes that nobody claims as Available, and lets deleted ones go that no claim is bound to. */
export function persistentVolumeController(context: ControllerContext): Controller {
  const { client } = context;
  return { name: 'persistentvolume', watches: [watchSelf(VOLUMES), watchClaims()], reconcile };

  function watchClaims(): Watch {
    return {
      resource: CLAIMS,
      *keys({ object }) {
        const { volumeName = '' } = (object as PersistentVolumeClaim).spec;
        if (volumeName !== '') yield `/${volumeName}`;
      },
    };
  }

  function reconcile(key: string): void {
    const volume = client.get(VOLUMES, '', splitKey(key).name) as Volume | undefined;
    if (volume === undefined) return;
    const { claimRef } = volume.spec;
    if (volume.metadata.deletionTimestamp !== undefined) {
      const claim = claimRef && client.get(CLAIMS, claimRef.namespace ?? '', claimRef.name ?? '');
      const isBound = claim !== undefined && claim.metadata.uid === claimRef?.uid;
      const isProtected = volume.metadata.finalizers?.includes(VOLUME_PROTECTION) === true;
      if (isProtected && !isBound) client.removeFinalizer(VOLUMES, '', volume.metadata.name, VOLUME_PROTECTION);
      return;
    }
    if (claimRef !== undefined) return;
    const status = { ...volume.status, phase: 'Available' };
    writeStatus(context, { resource: VOLUMES, object: volume, status, manager: MANAGER });
  }
}

function fits(claim: PersistentVolumeClaim, volume: Volume, className: string): boolean {
  const { claimRef, capacity, accessModes = [], storageClassName = '' } = volume.spec;
  if (claim.spec.volumeName !== undefined && claim.spec.volumeName !== '')
    return claim.spec.volumeName === volume.metadata.name && isFree();
  const wanted = quantityValue(claim.spec.resources?.requests?.['storage'] ?? '0') ?? 0;
  const has = quantityValue(capacity?.['storage'] ?? '0') ?? 0;
  return (
    isFree() &&
    storageClassName === className &&
    has >= wanted &&
    (claim.spec.accessModes ?? []).every((mode) => accessModes.includes(mode))
  );

  function isFree(): boolean {
    if (claimRef === undefined) return volume.metadata.deletionTimestamp === undefined;
    const isOurs = claimRef.namespace === claim.metadata.namespace && claimRef.name === claim.metadata.name;
    return isOurs && (claimRef.uid === undefined || claimRef.uid === claim.metadata.uid);
  }
}

function referenceTo({ apiVersion, kind, metadata }: PersistentVolumeClaim) {
  return { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
}
