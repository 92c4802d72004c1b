import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCondition } from '../machinery/conditions.ts';
import { CONFIG_MAPS, PODS, type Pod, SECRETS } from '../machinery/objects.ts';
import { isReady } from '../pods/pod-facts.ts';
import { startTestCluster, type TestCluster } from '../test-cluster.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster();
});
afterEach(() => {
  cluster.close();
  expect(cluster.failures).toEqual([]);
});

function createPod(spec: object, annotations: Record<string, string> = {}): void {
  const container = { name: 'app', image: 'app:1' };
  cluster.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod', annotations },
    spec: { containers: [container], ...spec },
  });
}

const pod = () => cluster.read<Pod>(PODS, 'pod');
const container = () => pod().status?.containerStatuses?.[0];
const waiting = () => container()?.state.waiting;

describe('a Pod', () => {
  it('goes from Pending to Running and Ready, and its events tell how', async () => {
    createPod({});
    await cluster.until(() => isReady(pod()), 'it to be ready');
    expect(pod().spec.nodeName).toBe('lockstep-1');
    expect(pod().status).toMatchObject({
      phase: 'Running',
      podIP: '10.64.0.1',
      hostIP: '192.168.49.2',
      qosClass: 'BestEffort',
    });
    expect(container()).toMatchObject({
      ready: true,
      started: true,
      restartCount: 0,
      image: 'docker.io/library/app:1',
    });
    expect(container()?.imageID).toMatch(/^docker\.io\/library\/app@sha256:[0-9a-f]{64}$/);
    for (const type of ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready']) {
      expect(findCondition(pod().status?.conditions, type)?.status).toBe('True');
    }
    await cluster.controllers.idle();
    expect(cluster.events('pod').map((event) => event.split(':')[0])).toEqual([
      'Scheduled',
      'Pulling',
      'Pulled',
      'Created',
      'Started',
    ]);
  });

  it('runs init containers one after the other before its own', async () => {
    createPod({
      initContainers: [
        { name: 'one', image: 'i:1', command: ['true'] },
        { name: 'two', image: 'i:1', command: ['true'] },
      ],
    });
    const orders: string[] = [];
    const stop = cluster.client.onChange(({ resource, object }) => {
      if (resource.resource !== 'pods') return;
      const { initContainerStatuses = [], containerStatuses = [] } = (object as Pod).status ?? {};
      orders.push(
        [...initContainerStatuses, ...containerStatuses]
          .map(({ state }) => (state.terminated ? 'T' : state.running ? 'R' : '-'))
          .join(''),
      );
    });
    await cluster.until(() => isReady(pod()), 'it to be ready');
    stop();
    expect([...new Set(orders)].filter((order) => order !== '')).toEqual(
      ['---', 'R--', 'T--', 'TR-', 'TT-', 'TTR'].filter((order) => orders.includes(order)),
    );
    expect(orders).toContain('TTR');
  });

  it("of an image that does not exist is backed off from, with the registry's words", async () => {
    createPod({ containers: [{ name: 'app', image: 'ghcr.io/acme/app:does-not-exist' }] });
    await cluster.until(() => waiting()?.reason === 'ImagePullBackOff', 'the back-off');
    expect(waiting()?.message).toMatch(
      /^Back-off pulling image "ghcr\.io\/acme\/app:does-not-exist": ErrImagePull: .*: not found$/,
    );
    expect(pod().status?.phase).toBe('Pending');
  });

  it('starts once its image is corrected in place', async () => {
    createPod({ containers: [{ name: 'app', image: 'app:does-not-exist' }] });
    await cluster.until(() => waiting()?.reason === 'ImagePullBackOff', 'the back-off');
    cluster.change<Pod>(PODS, 'pod', (object) => {
      const [first] = object.spec.containers;
      if (first !== undefined) first.image = 'app:2';
    });
    await cluster.until(() => isReady(pod()), 'it to be ready');
  });

  it('that crashes is restarted with back-off, and counts', async () => {
    createPod({}, { 'lockstep.dev/simulate': 'crash-loop' });
    await cluster.until(
      () => (container()?.restartCount ?? 0) >= 2 && waiting()?.reason === 'CrashLoopBackOff',
      'a crash loop',
    );
    expect(container()?.lastState.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    expect(findCondition(pod().status?.conditions, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [app]',
    });
    expect(waiting()?.message).toContain('restarting failed container=app pod=pod_default(');
  });

  it('that runs out of memory says so', async () => {
    createPod({}, { 'lockstep.dev/simulate': 'oom' });
    await cluster.until(() => container()?.lastState.terminated, 'the first kill');
    expect(container()?.lastState.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('gets ready only after the delay it simulates', async () => {
    const began = Date.now();
    createPod({}, { 'lockstep.dev/simulate': 'slow-readiness=300ms' });
    await cluster.until(() => container()?.state.running, 'it to run');
    expect(isReady(pod())).toBe(false);
    await cluster.until(() => isReady(pod()), 'it to be ready');
    expect(Date.now() - began).toBeGreaterThanOrEqual(300);
  });

  it('waits for the ConfigMap its environment names, and starts when it comes', async () => {
    createPod({ containers: [{ name: 'app', image: 'app:1', envFrom: [{ configMapRef: { name: 'settings' } }] }] });
    await cluster.until(() => waiting()?.reason === 'CreateContainerConfigError', 'the error');
    expect(waiting()?.message).toBe('configmap "settings" not found');
    cluster.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: {} });
    await cluster.until(() => isReady(pod()), 'it to be ready');
  });

  it('names the key that a Secret lacks', async () => {
    cluster.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys' },
      stringData: { other: 'x' },
    });
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'api' } } }];
    createPod({ containers: [{ name: 'app', image: 'app:1', env }] });
    await cluster.until(() => waiting()?.reason === 'CreateContainerConfigError', 'the error');
    expect(waiting()?.message).toBe("couldn't find key api in Secret default/keys");
  });

  it('stays in ContainerCreating while a volume is missing', async () => {
    createPod({ volumes: [{ name: 'tls', secret: { secretName: 'cert' } }] });
    await cluster.until(() => cluster.events('pod').some((event) => event.startsWith('FailedMount')), 'the event');
    expect(waiting()?.reason).toBe('ContainerCreating');
    expect(cluster.events('pod')).toContain(
      'FailedMount: MountVolume.SetUp failed for volume "tls" : secret "cert" not found',
    );
    cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'cert' } });
    await cluster.until(() => isReady(pod()), 'it to be ready');
  });

  it('that fits no node is Pending and says why', async () => {
    createPod({ nodeSelector: { gpu: 'yes' } });
    const condition = await cluster.until(() => findCondition(pod().status?.conditions, 'PodScheduled'), 'the verdict');
    expect(condition).toMatchObject({ status: 'False', reason: 'Unschedulable' });
    expect(condition.message).toContain("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector");
  });

  it('being deleted is stopped first and then gone', async () => {
    createPod({});
    await cluster.until(() => isReady(pod()), 'it to be ready');
    cluster.client.delete(PODS, 'default', 'pod');
    expect(pod().metadata.deletionTimestamp).toBeDefined();
    await cluster.until(() => cluster.list(PODS).length === 0, 'it to go');
    await cluster.controllers.idle();
    expect(cluster.events('pod')).toContain('Killing: Stopping container app');
  });

  it('being deleted with a finalizer of somebody else stays until that is removed', async () => {
    createPod({});
    await cluster.until(() => isReady(pod()), 'it to be ready');
    cluster.change<Pod>(PODS, 'pod', (object) => {
      object.metadata.finalizers = ['example.com/hold'];
    });
    cluster.client.delete(PODS, 'default', 'pod');
    await cluster.controllers.idle();
    expect(pod().status?.phase).toBe('Succeeded');
    cluster.client.removeFinalizer(PODS, 'default', 'pod', 'example.com/hold');
    await cluster.until(() => cluster.list(PODS).length === 0, 'it to go');
  });

  it('with restartPolicy Never ends as its command does', async () => {
    createPod({
      restartPolicy: 'Never',
      containers: [{ name: 'app', image: 'busybox', command: ['sh', '-c', 'echo hi && exit 4'] }],
    });
    await cluster.until(() => pod().status?.phase === 'Failed', 'its end');
    expect(container()?.state.terminated).toMatchObject({ exitCode: 4, reason: 'Error' });
  });
});

describe('logs', () => {
  async function read(options: Parameters<typeof cluster.controllers.podLogs.read>[3] = {}): Promise<string[]> {
    const lines: string[] = [];
    for await (const line of cluster.controllers.podLogs.read('default', 'pod', '', options)) lines.push(line.text);
    return lines;
  }

  it('hold what the command echoes', async () => {
    createPod({
      restartPolicy: 'Never',
      containers: [
        {
          name: 'app',
          image: 'busybox',
          command: ['sh', '-c', 'echo "hello $WHO"; echo bye'],
          env: [{ name: 'WHO', value: 'world' }],
        },
      ],
    });
    await cluster.until(() => pod().status?.phase === 'Succeeded', 'its end');
    expect(await read()).toEqual(['hello world', 'bye']);
    expect(await read({ tailLines: 1 })).toEqual(['bye']);
  });

  it('are the same when read again, and end with the run that crashed', async () => {
    createPod({}, { 'lockstep.dev/simulate': 'crash-loop' });
    await cluster.until(() => waiting()?.reason === 'CrashLoopBackOff', 'a crash');
    const lines = await read({ previous: true });
    expect(lines.at(-1)).toContain('exiting with code 1');
    expect(await read({ previous: true })).toEqual(lines);
  });

  it('of a container that has not started are refused with its reason', async () => {
    createPod({ containers: [{ name: 'app', image: 'app:does-not-exist' }] });
    await cluster.until(() => waiting()?.reason === 'ImagePullBackOff', 'the back-off');
    expect(() => cluster.controllers.podLogs.read('default', 'pod', '')).toThrow(
      'container "app" in pod "pod" is waiting to start: trying and failing to pull image',
    );
  });

  it('being followed go on until the container ends', async () => {
    createPod({
      restartPolicy: 'Never',
      containers: [{ name: 'app', image: 'busybox', command: ['sh', '-c', 'echo first; sleep 1; echo second'] }],
    });
    await cluster.until(() => container()?.state.running, 'it to run');
    expect(await read({ follow: true })).toEqual(['first', 'second']);
  });
});
