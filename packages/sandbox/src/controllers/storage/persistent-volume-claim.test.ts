import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLAIMS, type PersistentVolumeClaim, VOLUMES } from '../machinery/objects.ts';
import { startTestCluster, type TestCluster } from '../test-cluster.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster();
});
afterEach(() => {
  cluster.close();
  expect(cluster.failures).toEqual([]);
});

function createClaim(spec: object = {}, annotations: object = {}): void {
  cluster.create(CLAIMS, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', annotations },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, ...spec },
  });
}

function createVolume(storage: string, spec: object = {}): void {
  cluster.create(VOLUMES, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `disk-${storage.toLowerCase()}` },
    spec: {
      capacity: { storage },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/x' },
      persistentVolumeReclaimPolicy: 'Retain',
      ...spec,
    },
  });
}

const claim = () => cluster.read<PersistentVolumeClaim>(CLAIMS, 'data');
const phaseOf = (volume: string) =>
  (cluster.client.get(VOLUMES, '', volume)?.['status'] as { phase?: string } | undefined)?.phase;

describe('PersistentVolumeClaim', () => {
  it('is bound to a new volume of the default StorageClass', async () => {
    createClaim();
    await cluster.controllers.idle();
    expect(claim().status).toMatchObject({
      phase: 'Bound',
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteOnce'],
    });
    expect(claim().spec.volumeName).toBe(`pvc-${claim().metadata.uid}`);
    expect(phaseOf(claim().spec.volumeName ?? '')).toBe('Bound');
  });

  it('prefers a volume that is there and large enough', async () => {
    createVolume('1Gi');
    createVolume('10Gi');
    createClaim({ storageClassName: '' });
    await cluster.controllers.idle();
    expect(claim().spec.volumeName).toBe('disk-10gi');
    expect(phaseOf('disk-1gi')).toBe('Available');
  });

  it('waits while nothing fits, and is bound when something does', async () => {
    createClaim({ storageClassName: 'fast' });
    await cluster.controllers.idle();
    expect(claim().status?.phase).toBe('Pending');
    expect(cluster.events('data')).toContain('ProvisioningFailed: storageclass.storage.k8s.io "fast" not found');
    createVolume('10Gi', { storageClassName: 'fast' });
    await cluster.until(() => claim().status?.phase === 'Bound', 'the binding');
  });

  it('being deleted leaves a retained volume Released', async () => {
    createVolume('10Gi');
    createClaim({ storageClassName: '' });
    await cluster.controllers.idle();
    cluster.client.delete(CLAIMS, 'default', 'data');
    await cluster.until(() => phaseOf('disk-10gi') === 'Released', 'the release');
  });

  it('stays Pending when that is simulated', async () => {
    createClaim({}, { 'lockstep.dev/simulate': 'never-bound' });
    await cluster.controllers.idle();
    expect(claim().status?.phase).toBe('Pending');
  });
});
