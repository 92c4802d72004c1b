import type { Application, ApplicationKey, ApplicationSpec } from '../application/application.ts';
import { FakeWorld } from './fake-world.ts';
import { reconcileApplication } from './reconcile-application.ts';

/** Manifests and scenes for tests of whole behaviours. */

export const AUTOMATED: Partial<ApplicationSpec> = { syncPolicy: { automated: {} } };
export const HEALING: Partial<ApplicationSpec> = { syncPolicy: { automated: { prune: true, selfHeal: true } } };

export function configMap(name: string, value = 'one', annotations: Record<string, string> = {}): string {
  const lines = Object.entries(annotations).map(([key, text]) => `    ${key}: "${text}"`);
  return [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata:',
    `  name: ${name}`,
    ...(lines.length === 0 ? [] : ['  annotations:', ...lines]),
    `data: {value: "${value}"}`,
  ].join('\n');
}

export function job(name: string, annotations: Record<string, string>): string {
  return configMap(name, 'x', annotations)
    .replace('apiVersion: v1', 'apiVersion: batch/v1')
    .replace('ConfigMap', 'Job')
    .replace(/^data:.*/m, 'spec: {template: {spec: {containers: [{name: a, image: "job:1"}]}}}');
}

export function deployment(name: string, annotations: Record<string, string> = {}): string {
  return configMap(name, 'x', annotations)
    .replace('apiVersion: v1', 'apiVersion: apps/v1')
    .replace('ConfigMap', 'Deployment')
    .replace(/^data:.*/m, 'spec: {replicas: 1, template: {spec: {containers: [{name: a, image: "web:1"}]}}}');
}

export function wave(number: number): Record<string, string> {
  return { 'argocd.argoproj.io/sync-wave': String(number) };
}

export function hook(type: string, policy?: string): Record<string, string> {
  return {
    'argocd.argoproj.io/hook': type,
    ...(policy === undefined ? {} : { 'argocd.argoproj.io/hook-delete-policy': policy }),
  };
}

export function setUp(
  spec: Partial<ApplicationSpec>,
  files: Record<string, string> | Error = { 'deploy/web.yaml': configMap('web') },
) {
  const world = new FakeWorld();
  world.push('aaaaaaa1', files);
  const key = world.addApplication(spec);
  const run = () => reconcileApplication(world, key);
  const app = (): Application => world.application(key) as Application;
  const status = () => app().status ?? {};
  return { world, key, run, app, status, cluster: world.cluster };
}

export async function synced(spec: Partial<ApplicationSpec>, files?: Record<string, string>) {
  const scene = setUp(spec, files);
  await scene.run();
  scene.world.requests.length = 0;
  return scene;
}

export function requestSync(world: FakeWorld, key: ApplicationKey, sync: Record<string, unknown> = {}): void {
  world.edit(key, { operation: { sync, initiatedBy: { username: 'ada' } } });
}

export function conditionsOf(app: Application): string[] {
  return (app.status?.conditions ?? []).map(({ type, message }) => `${type}: ${message}`);
}
