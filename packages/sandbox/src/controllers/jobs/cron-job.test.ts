import { afterEach, describe, expect, it } from 'vitest';
import { isTrue } from '../machinery/conditions.ts';
import { CRON_JOBS, type CronJob, JOBS, type Job } from '../machinery/objects.ts';
import { startTestCluster, type TestCluster } from '../test-cluster.ts';

let cluster: TestCluster;
afterEach(() => {
  cluster.close();
  expect(cluster.failures).toEqual([]);
});

/** A clock that runs, ahead of the real one by what it is moved. */
function movableClock() {
  let ahead = 0;
  return { now: () => Date.now() + ahead, move: (milliseconds: number) => (ahead += milliseconds) };
}

function cronJob(spec: object = {}, script = 'true'): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly' },
    spec: {
      schedule: '*/5 * * * *',
      ...spec,
      jobTemplate: {
        spec: {
          template: {
            spec: {
              restartPolicy: 'Never',
              containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', script] }],
            },
          },
        },
      },
    },
  };
}

const nightly = () => cluster.read<CronJob>(CRON_JOBS, 'nightly');
const jobs = () => cluster.list<Job>(JOBS);

/** Any write wakes the controller, as the passing of time would. */
function poke(): void {
  cluster.change<CronJob>(CRON_JOBS, 'nightly', (object) => {
    object.metadata.annotations = { poke: String(Number(object.metadata.annotations?.['poke'] ?? 0) + 1) };
  });
}

describe('CronJob', () => {
  it('creates one Job when its time has come, named by the scheduled minute', async () => {
    const clock = movableClock();
    cluster = startTestCluster({ now: clock.now });
    cluster.create(CRON_JOBS, cronJob());
    await cluster.controllers.idle();
    expect(jobs()).toHaveLength(0);
    clock.move(5 * 60_000);
    poke();
    await cluster.until(() => jobs().some((job) => isTrue(job.status?.conditions, 'Complete')), 'the Job');
    const due = Math.floor(clock.now() / 300_000) * 300_000;
    expect(jobs().map((job) => job.metadata.name)).toEqual([`nightly-${due / 60_000}`]);
    await cluster.until(() => nightly().status?.lastSuccessfulTime !== undefined, 'the success to be noticed');
    expect(nightly().status?.active).toBeUndefined();
    expect(cluster.events('nightly')).toContain(`SuccessfulCreate: Created job nightly-${due / 60_000}`);
  });

  it('Forbid starts none while one runs; Replace ends the one that runs', async () => {
    const clock = movableClock();
    cluster = startTestCluster({ now: clock.now });
    cluster.create(CRON_JOBS, cronJob({ concurrencyPolicy: 'Forbid' }, 'sleep 3600'));
    await cluster.controllers.idle();
    clock.move(5 * 60_000);
    poke();
    await cluster.until(() => jobs().length === 1, 'the first Job');
    const first = jobs()[0]?.metadata.name;
    clock.move(5 * 60_000);
    poke();
    await cluster.controllers.idle();
    expect(jobs().map((job) => job.metadata.name)).toEqual([first]);
    cluster.change<CronJob>(CRON_JOBS, 'nightly', (object) => {
      object.spec.concurrencyPolicy = 'Replace';
    });
    await cluster.until(() => jobs().length === 1 && jobs()[0]?.metadata.name !== first, 'the replacement');
  });

  it('keeps as many finished Jobs as its history limits say', async () => {
    const clock = movableClock();
    cluster = startTestCluster({ now: clock.now });
    cluster.create(CRON_JOBS, cronJob({ successfulJobsHistoryLimit: 1 }));
    await cluster.controllers.idle();
    for (let round = 0; round < 3; round += 1) {
      clock.move(5 * 60_000);
      poke();
      await cluster.until(
        () => jobs().length > 0 && jobs().every((job) => isTrue(job.status?.conditions, 'Complete')),
        'the Job',
      );
      await cluster.controllers.idle();
    }
    expect(jobs()).toHaveLength(1);
  });

  it('suspended, it creates nothing', async () => {
    const clock = movableClock();
    cluster = startTestCluster({ now: clock.now });
    cluster.create(CRON_JOBS, cronJob({ suspend: true }));
    await cluster.controllers.idle();
    clock.move(60 * 60_000);
    poke();
    await cluster.controllers.idle();
    expect(jobs()).toHaveLength(0);
  });
});
