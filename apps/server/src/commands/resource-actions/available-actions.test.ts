import { type KubernetesObject, parseSettings } from '@lockstep/core';
import { afterAll, expect, it } from 'vitest';
import { LuaWorker } from '../../tools/lua.ts';
import { actionsOf, stepsOf } from './available-actions.ts';

const lua = new LuaWorker();
afterAll(() => lua[Symbol.asyncDispose]());

const deployment: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', uid: 'u', labels: {}, annotations: { a: '1' } },
  spec: { replicas: 3, template: { spec: { volumes: [], containers: [{ name: 'web', args: [], resources: {} }] } } },
  status: { readyReplicas: 2, gone: null },
};

function sources(actions: string, more: Record<string, string> = {}) {
  const { settings, warnings } = parseSettings({
    configMap: { 'resource.customizations.actions.apps_Deployment': actions, ...more },
  });
  expect(warnings).toEqual([]);
  return { settings, lua };
}

const block = (name: string, lines: string): string =>
  `${name}: |\n${lines
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}\n`;

/** One action whose script is `source`. */
const one = (source: string, extra = '') =>
  `${extra}${block('discovery.lua', 'return { it = {} }')}definitions:\n- name: it\n  action.lua: |\n${source
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n`;

it('offers what discovery returns, in place of the built-in actions or besides them', async () => {
  const discovery = block(
    'discovery.lua',
    `local actions = {}
actions["drain"] = { disabled = obj.spec.replicas == 0, displayName = "Drain it", iconClass = "fa fa-x", params = { { name = "to", default = "a" } } }
actions["restart"] = {}
return actions`,
  );
  const custom = [
    {
      name: 'drain',
      displayName: 'Drain it',
      iconClass: 'fa fa-x',
      disabled: false,
      params: [{ name: 'to', value: 'a', default: 'a' }],
    },
    { name: 'restart', displayName: '', iconClass: '', disabled: false, params: [] },
  ];
  const alone = await actionsOf(deployment, sources(discovery));
  expect(alone.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(custom);
  const merged = await actionsOf(deployment, sources(`mergeBuiltinActions: true\n${discovery}`));
  expect(merged.map(({ name }) => name).sort()).toEqual(['drain', 'pause', 'restart', 'resume', 'scale']);
});

it('patches only what the script changed, and keeps empty lists and maps what they are', async () => {
  const source = `
obj.spec.replicas = tonumber(actionParams["replicas"]) + 1
obj.metadata.annotations["a"] = nil
obj.metadata.labels = {}
obj.spec.template.spec.volumes = {}
obj.spec.template.spec.securityContext = {}
obj.status.readyReplicas = 0
return obj`;
  const steps = await stepsOf(deployment, 'it', { replicas: '4' }, sources(one(source)));
  expect(steps).toEqual([
    {
      operation: 'patch',
      object: deployment,
      body: {
        metadata: { annotations: { a: null } },
        spec: { replicas: 5, template: { spec: { securityContext: {} } } },
        status: { readyReplicas: 0 },
      },
    },
  ]);
});

it('creates and patches what a list says, in its order', async () => {
  const source = `
local job = { apiVersion = "batch/v1", kind = "Job", metadata = { name = obj.metadata.name .. "-job" }, spec = {} }
obj.metadata.annotations["last"] = os.date("!%Y", 0)
return { { operation = "create", resource = job }, { operation = "patch", resource = obj } }`;
  expect(await stepsOf(deployment, 'it', {}, sources(one(source)))).toEqual([
    {
      operation: 'create',
      object: { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'web-job' }, spec: {} },
    },
    { operation: 'patch', object: deployment, body: { metadata: { annotations: { last: '1970' } } } },
  ]);
});

it.each([
  ['return "x"', 'it/action.lua for apps/Deployment in argocd-cm: expect table output from Lua script, not string'],
  ['obj.kind = "Secret" return obj', 'the script may patch Deployment web only, not Secret web'],
  ['return { { operation = "delete", resource = obj } }', 'unsupported operation "delete"; use "create" or "patch"'],
  ['return { { operation = "create", resource = {} } }', 'without apiVersion, kind or metadata.name'],
  ['return obj.nothing.at.all', "it/action.lua:1: attempt to index field 'nothing'"],
  ['while true do end -- actions', 'the script took longer than 1 s'],
])('%s is refused in words', async (source, message) => {
  await expect(stepsOf(deployment, 'it', {}, sources(one(source)))).rejects.toThrow(message);
});

it('runs nothing that discovery does not offer now', async () => {
  const disabled = `${block('discovery.lua', 'return { it = { disabled = true } }')}definitions: [{name: it, action.lua: return obj}, {name: hidden, action.lua: return obj}]`;
  await expect(stepsOf(deployment, 'it', {}, sources(disabled))).rejects.toThrow(
    'is not available for Deployment web now',
  );
  await expect(stepsOf(deployment, 'hidden', {}, sources(disabled))).rejects.toThrow('has no action "hidden"');
  await expect(stepsOf(deployment, 'restart', {}, sources(disabled))).rejects.toThrow('has no action "restart"');
});

it('says which script fails, and other kinds do not notice', async () => {
  const broken = sources(block('discovery.lua', 'return obj.x.y'));
  await expect(actionsOf(deployment, broken)).rejects.toThrow(
    "discovery.lua for apps/Deployment in argocd-cm: discovery.lua:1: attempt to index field 'x'",
  );
  const set = { ...deployment, kind: 'StatefulSet' };
  expect((await actionsOf(set, broken)).map(({ name }) => name)).toEqual(['restart', 'scale']);
});

it('opens string and math when the kind says so', async () => {
  const source = 'obj.spec.replicas = math.max(#string.rep("x", 7), 1) return obj';
  await expect(stepsOf(deployment, 'it', {}, sources(one(source)))).rejects.toThrow("global 'math'");
  const open = sources(one(source), { 'resource.customizations.useOpenLibs.apps_Deployment': 'true' });
  expect(await stepsOf(deployment, 'it', {}, open)).toMatchObject([{ body: { spec: { replicas: 7 } } }]);
});
