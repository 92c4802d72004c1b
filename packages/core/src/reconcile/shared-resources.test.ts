import { describe, expect, it } from 'vitest';
import type { Application } from '../application/application.ts';
import { LABEL_INSTANCE } from '../kubernetes/annotations.ts';
import type { TrackingSettings } from '../kubernetes/tracking.ts';
import { tasksOf } from '../sync/sync-plan.ts';
import { conditionsOf, configMap, hook, job, requestSync, setUp } from './fake-scene.ts';
import { planApplication } from './plan-application.ts';
import { reconcileApplication } from './reconcile-application.ts';

const FAIL = { syncPolicy: { syncOptions: ['FailOnSharedResource=true'] } };

/** Two applications of one source and one namespace; `blog` was there first. */
async function two(files: Record<string, string>, tracking?: TrackingSettings, namespace = 'argocd') {
  const scene = setUp({}, files);
  const { world } = scene;
  if (tracking !== undefined) world.currentSettings = { ...world.currentSettings, tracking };
  if (namespace !== 'argocd') world.currentSettings = { ...world.currentSettings, applicationNamespaces: [namespace] };
  const blog = world.addApplication({}, { name: 'blog', namespace, uid: 'blog-uid' });
  if (namespace !== 'argocd') {
    const [project] = world.projectList;
    if (project === undefined) throw new Error('no project');
    world.projectList = [{ ...project, spec: { ...project.spec, sourceNamespaces: [namespace] } }];
  }
  const runBlog = () => reconcileApplication(world, blog);
  const blogApp = (): Application => world.application(blog) as Application;
  return { ...scene, blog, runBlog, blogApp };
}

describe('FailOnSharedResource=true', () => {
  const files = { 'deploy/web.yaml': configMap('web'), 'deploy/b.yaml': configMap('b') };

  it.each<[string, TrackingSettings]>([
    ['annotation', { method: 'annotation', labelKey: LABEL_INSTANCE }],
    ['annotation+label', { method: 'annotation+label', labelKey: LABEL_INSTANCE }],
    ['label', { method: 'label', labelKey: LABEL_INSTANCE }],
  ])("fails in Argo CD's words and applies nothing, tracked by %s", async (_method, tracking) => {
    const { world, key, run, blog, runBlog, status, app } = await two(
      { 'deploy/web.yaml': configMap('web') },
      tracking,
    );
    requestSync(world, blog);
    await runBlog();
    world.push('bbbbbbb2', { 'deploy/a.yaml': configMap('a'), 'deploy/web.yaml': configMap('web', 'two') });
    world.requests.length = 0;
    world.edit(key, { spec: FAIL });
    requestSync(world, key);
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Failed',
      message:
        'Shared resource found: ConfigMap/web is part of applications web and blog. Keep each in one application',
    });
    expect(status().operationState?.syncResult?.resources).toEqual([]);
    expect(world.requests.filter((request) => request.includes('ConfigMap/'))).toEqual([]);
    expect(conditionsOf(app())).toEqual([
      'SharedResourceWarning: ConfigMap/web is part of applications web and blog. Keep it in one of them',
    ]);
  });

  it('goes by the annotation alone with annotation+label, and by nothing that names another object', async () => {
    const { world, key, run, cluster, status } = await two(
      { 'deploy/web.yaml': configMap('web') },
      { method: 'annotation+label', labelKey: LABEL_INSTANCE },
    );
    const metadata = { name: 'web', namespace: 'shop', labels: { [LABEL_INSTANCE]: 'blog' } };
    const annotations = { 'argocd.argoproj.io/tracking-id': 'blog:/ConfigMap:shop/other' };
    cluster.store({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, annotations } });
    world.edit(key, { spec: FAIL });
    requestSync(world, key);
    await run();
    expect(status().operationState?.phase).toBe('Succeeded');
  });

  it('counts hooks and what is not selected, and calls applications of other namespaces by both names', async () => {
    const { world, key, run, blog, runBlog, status } = await two(
      { 'deploy/a.yaml': configMap('a'), 'deploy/hook.yaml': job('migrate', hook('PreSync')) },
      undefined,
      'team',
    );
    requestSync(world, blog);
    await runBlog();
    world.push('bbbbbbb2', {
      'deploy/other.yaml': configMap('other'),
      'deploy/hook.yaml': job('migrate', hook('Sync')),
    });
    world.edit(key, { spec: FAIL });
    requestSync(world, key, { resources: [{ kind: 'ConfigMap', name: 'other' }] });
    await run();
    expect(status().operationState?.message).toBe(
      'Shared resource found: Job/migrate is part of applications web and team/blog. Keep each in one application',
    );
  });

  it('shows in the plan, and a dry run fails the same', async () => {
    const { world, key, run, blog, runBlog, status } = await two(files);
    requestSync(world, blog);
    await runBlog();
    const text =
      'Shared resource found: ConfigMap/web is part of applications web and blog, and 1 more. Keep each in one application';
    const { plan } = await planApplication(world, key, { syncOptions: ['FailOnSharedResource=true'] });
    expect(plan.problems).toEqual([text]);
    expect(tasksOf(plan)).toHaveLength(2);
    expect((await planApplication(world, key, {})).plan.problems).toEqual([]);
    requestSync(world, key, { dryRun: true, syncOptions: ['FailOnSharedResource=true'] });
    await run();
    expect(status().operationState).toMatchObject({ phase: 'Failed', message: text });
  });
});

describe('two applications with the same hook in one namespace, in the same second', () => {
  it('have an object each when its name is generated', async () => {
    const generated = job('migrate', hook('PreSync')).replace('name: migrate', 'generateName: migrate-');
    const { world, key, run, blog, runBlog, cluster, status, blogApp } = await two({ 'deploy/job.yaml': generated });
    requestSync(world, key);
    requestSync(world, blog);
    await run();
    await runBlog();
    const jobs = cluster.names();
    expect(jobs).toHaveLength(2);
    cluster.complete('Job', (jobs[0] as string).slice(4));
    await run();
    await runBlog();
    const phases = [status().operationState?.phase, blogApp().status?.operationState?.phase];
    expect(phases.sort()).toEqual(['Running', 'Succeeded']);
  });

  it('each run their own when they share its name', async () => {
    const { world, key, run, blog, runBlog, cluster, status, blogApp } = await two({
      'deploy/job.yaml': job('migrate', hook('PreSync')),
    });
    requestSync(world, key);
    await run();
    // Not asked to sync, it lets go of nothing.
    await runBlog();
    expect(cluster.get('Job', 'migrate')?.metadata.finalizers).toEqual(['argocd.argoproj.io/hook-finalizer']);
    cluster.complete('Job', 'migrate');
    requestSync(world, blog);
    await run();
    await runBlog();
    expect(status().operationState?.phase).toBe('Succeeded');
    expect(blogApp().status?.operationState?.phase).toBe('Running');
  });
});
