import { DEFAULT_SETTINGS, type KubernetesObject, parseSettings, type Settings } from '@lockstep/core';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../tests/support/scripted-api-server.ts';
import { LuaWorker } from '../tools/lua.ts';
import { HealthAssessor } from './health-assessor.ts';

const lua = new LuaWorker();
afterAll(() => lua[Symbol.asyncDispose]());

let settings: Settings;
let runs: string[];
let answers: string[];
let health: HealthAssessor;

function configure(configMap: Record<string, string>): void {
  settings = parseSettings({ configMap }).settings;
}

beforeEach(() => {
  configure({
    'resource.customizations.health.example.com_Widget':
      'return { status = obj.status.phase, message = obj.metadata.name }',
  });
  runs = [];
  answers = [];
  health = new HealthAssessor({
    settings: () => settings,
    lua: {
      run: (script, object) => {
        runs.push(object.metadata.name ?? '');
        return lua.run(script, object);
      },
    },
    onAnswer: (object, wasMissed) => answers.push(`${object.metadata.name}${wasMissed ? ' missed' : ''}`),
    onRested: () => {},
  });
});

let version = 0;
const widget = (name: string, phase: string): KubernetesObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name, namespace: 'web', uid: name, resourceVersion: String(++version) },
  status: { phase },
});

it('answers for every version of an object once, whoever asks', async () => {
  const object = widget('one', 'Degraded');
  await Promise.all([health.ready([object]), health.ready([{ ...object }])]);
  expect(health.assess(object)).toEqual({ status: 'Degraded', message: 'one' });
  await health.ready([object]);
  expect(runs).toEqual(['one']);
  await health.ready([widget('one', 'Healthy')]);
  expect(runs).toEqual(['one', 'one']);
});

it('lets nothing pass as healthy before the script answered, and tells whoever asked', async () => {
  const object = widget('two', 'Healthy');
  expect(health.assess(object)?.status).toBe('Progressing');
  await eventually('the answer is there', () => answers.length === 1);
  expect(answers).toEqual(['two missed']);
  expect(health.assess(object)?.status).toBe('Healthy');
});

it('shows what it showed until the script answers', async () => {
  const object = widget('three', 'Degraded');
  expect(health.show(object, { status: 'Healthy' })).toEqual({ status: 'Healthy' });
  await eventually('the answer is there', () => answers.length === 1);
  expect(health.show(object, { status: 'Healthy' })?.status).toBe('Degraded');
});

it('runs nothing for a kind without a script', async () => {
  const configMap: KubernetesObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', uid: 'c' } };
  await health.ready([configMap]);
  expect(health.assess(configMap)).toBeUndefined();
  settings = DEFAULT_SETTINGS;
  await health.ready([widget('four', 'Degraded')]);
  expect(runs).toEqual([]);
  expect(health.checkOf(configMap)).toBeUndefined();
});

it('judges again by another script when the settings change', async () => {
  const object = widget('five', 'Healthy');
  await health.ready([object]);
  const before = health.checkOf(object);
  configure({ 'resource.customizations.health.example.com_Widget': 'return { status = "Suspended" }' });
  expect(health.checkOf(object)).not.toBe(before);
  await health.ready([object]);
  expect(health.assess(object)).toEqual({ status: 'Suspended' });
});

it('overrides a built-in check, and can say that a kind does not count', async () => {
  configure({ 'resource.customizations.health.PersistentVolumeClaim': 'return nil' });
  const claim: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', uid: 'data', resourceVersion: '1' },
    status: { phase: 'Pending' },
  };
  await health.ready([claim]);
  expect(health.assess(claim)).toBeUndefined();
});

it('takes the exact kind before a pattern', async () => {
  configure({
    'resource.customizations': '"*.example.com/*": { health.lua: "return { status = \\"Suspended\\" }" }',
    'resource.customizations.health.a.example.com_Widget': 'return { status = "Healthy" }',
  });
  const [exact, matched] = ['a', 'b'].map((group) => ({ ...widget(group, ''), apiVersion: `${group}.example.com/v1` }));
  await health.ready([exact as KubernetesObject, matched as KubernetesObject]);
  expect(health.assess(exact as KubernetesObject)?.status).toBe('Healthy');
  expect(health.assess(matched as KubernetesObject)?.status).toBe('Suspended');
});

it('keeps the result of a hook that only waits for us, and calls anything else pending deletion', async () => {
  const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
  const base = widget('hook', 'Healthy');
  const hook = {
    ...base,
    metadata: { ...base.metadata, ...deleted, finalizers: ['argocd.argoproj.io/hook-finalizer'] },
  };
  await health.ready([hook]);
  expect(health.assess(hook)?.status).toBe('Healthy');
  expect(health.assess({ ...base, metadata: { ...base.metadata, ...deleted } })).toEqual({
    status: 'Progressing',
    message: 'Pending deletion',
  });
});

it('says which kind has the broken script, and goes on with the others', async () => {
  configure({
    'resource.customizations.health.example.com_Widget': 'return obj.status.phase.deep.x',
    'resource.customizations.health.example.com_Gadget': 'if',
    'resource.customizations.health.example.com_Gizmo': 'while true do end',
    'resource.customizations.health.example.com_Good': 'return { status = "Healthy" }',
  });
  const objects = ['Widget', 'Gadget', 'Gizmo', 'Good'].map((kind) => ({ ...widget(kind, 'x'), kind }));
  await health.ready(objects);
  expect(objects.map((object) => health.assess(object))).toEqual([
    {
      status: 'Unknown',
      message: expect.stringMatching(
        /^health script for example\.com\/Widget in argocd-cm: health\.lua:1: attempt to index field 'phase'/,
      ),
    },
    {
      status: 'Unknown',
      message: expect.stringContaining('example.com/Gadget in argocd-cm: the script does not parse'),
    },
    { status: 'Unknown', message: expect.stringContaining('the script took longer than 1 s') },
    { status: 'Healthy' },
  ]);
});
