import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCondition, isTrue } from '../machinery/conditions.ts';
import { JOBS, type Job, PODS, type Pod } from '../machinery/objects.ts';
import { startTestCluster, type TestCluster } from '../test-cluster.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster();
});
afterEach(() => {
  cluster.close();
  expect(cluster.failures).toEqual([]);
});

function job(script: string, spec: object = {}, podSpec: object = {}): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'task' },
    spec: {
      ...spec,
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'task', image: 'busybox:1', command: ['sh', '-c', script] }],
          ...podSpec,
        },
      },
    },
  };
}

const task = () => cluster.read<Job>(JOBS, 'task');
const condition = (type: string) => findCondition(task().status?.conditions, type);
const isOver = () => isTrue(task().status?.conditions, 'Complete') || isTrue(task().status?.conditions, 'Failed');

describe('Job', () => {
  it('completes when its Pod succeeds', async () => {
    cluster.create(JOBS, job('echo done'));
    await cluster.until(isOver, 'the end');
    expect(task().status).toMatchObject({ succeeded: 1, ready: 0 });
    expect(task().status?.completionTime).toBeDefined();
    expect(condition('Complete')).toMatchObject({
      status: 'True',
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    });
    expect(condition('SuccessCriteriaMet')?.status).toBe('True');
    await cluster.controllers.idle();
    const [pod] = cluster.list<Pod>(PODS);
    expect(pod?.status?.phase).toBe('Succeeded');
    expect(pod?.metadata.finalizers).toBeUndefined();
    expect(cluster.events('task')).toContain('Completed: Job completed');
  });

  it('fails once more Pods failed than backoffLimit allows', async () => {
    cluster.create(JOBS, job('exit 3', { backoffLimit: 1 }));
    await cluster.until(isOver, 'the end');
    expect(task().status?.failed).toBe(2);
    expect(condition('Failed')).toMatchObject({
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    });
    expect(condition('FailureTarget')?.status).toBe('True');
    expect(cluster.list<Pod>(PODS)[0]?.status?.containerStatuses?.[0]?.state.terminated?.exitCode).toBe(3);
  });

  it('runs no more Pods at once than parallelism, until completions are reached', async () => {
    let most = 0;
    const stop = cluster.client.onChange(() => {
      most = Math.max(most, cluster.list<Pod>(PODS).filter(({ status }) => status?.phase !== 'Succeeded').length);
    });
    cluster.create(JOBS, job('true', { completions: 5, parallelism: 2 }));
    await cluster.until(isOver, 'the end');
    stop();
    expect(task().status?.succeeded).toBe(5);
    expect(most).toBe(2);
  });

  it('restarts in place with OnFailure, and each restart counts', async () => {
    cluster.create(JOBS, job('false', { backoffLimit: 1 }, { restartPolicy: 'OnFailure' }));
    await cluster.until(isOver, 'the end');
    expect(condition('Failed')?.reason).toBe('BackoffLimitExceeded');
  });

  it('fails when it runs longer than activeDeadlineSeconds', async () => {
    cluster.create(JOBS, job('sleep 3600', { activeDeadlineSeconds: 1 }));
    await cluster.until(isOver, 'the end');
    expect(condition('Failed')).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    });
    await cluster.until(() => cluster.list(PODS).length === 0, 'its Pod to be removed');
    expect(task().status?.active).toBeUndefined();
  });

  it('goes, with its Pods, ttlSecondsAfterFinished after its end', async () => {
    cluster.create(JOBS, job('true', { ttlSecondsAfterFinished: 0 }));
    await cluster.until(() => cluster.list(JOBS).length === 0 && cluster.list(PODS).length === 0, 'it to go');
  });

  it('suspended, it has no Pods; resumed, it runs', async () => {
    cluster.create(JOBS, job('true', { suspend: true }));
    await cluster.until(() => condition('Suspended')?.status === 'True', 'the suspension');
    await cluster.controllers.idle();
    expect(cluster.list(PODS)).toHaveLength(0);
    expect(task().status?.startTime).toBeUndefined();
    cluster.change<Job>(JOBS, 'task', (object) => {
      object.spec.suspend = false;
    });
    await cluster.until(isOver, 'the end');
    expect(task().status?.succeeded).toBe(1);
  });

  it('Indexed, it runs each index once and lists those completed', async () => {
    cluster.create(JOBS, job('true', { completions: 4, parallelism: 3, completionMode: 'Indexed' }));
    await cluster.until(isOver, 'the end');
    expect(task().status).toMatchObject({ succeeded: 4, completedIndexes: '0-3' });
  });

  it('stops at an exit code that its podFailurePolicy says is final', async () => {
    const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }];
    cluster.create(JOBS, job('exit 42', { backoffLimit: 6, podFailurePolicy: { rules } }));
    await cluster.until(isOver, 'the end');
    expect(condition('Failed')?.reason).toBe('PodFailurePolicy');
    expect(task().status?.failed).toBe(1);
  });

  it('deleted while it runs, it takes its Pods along', async () => {
    cluster.create(JOBS, job('sleep 3600'));
    await cluster.until(() => task().status?.ready === 1, 'its Pod to run');
    cluster.client.delete(JOBS, 'default', 'task', { propagation: 'Foreground' });
    await cluster.until(() => cluster.list(JOBS).length === 0 && cluster.list(PODS).length === 0, 'both to go');
  });
});
