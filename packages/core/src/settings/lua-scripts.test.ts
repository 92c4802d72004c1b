import { expect, it } from 'vitest';
import { actionScriptsFor, allScripts, healthScriptFor } from './lua-scripts.ts';
import { parseSettings } from './parse-settings.ts';

const { settings, warnings } = parseSettings({
  configMap: {
    'resource.customizations': [
      '"*.example.com/*":',
      '  health.lua: return {status = "Healthy"}',
      '  health.lua.useOpenLibs: true',
      'example.com/Widget:',
      '  actions: |',
      '    mergeBuiltinActions: true',
      '    discovery.lua: return {}',
      '    definitions:',
      '      - name: drain',
      '        action.lua: return obj',
    ].join('\n'),
    'resource.customizations.health.a.example.com_Widget': 'return {status = "Degraded"}',
    'resource.customizations.health.ConfigMap': 'return nil',
    'resource.customizations.health.all': 'return {status = "Suspended"}',
    'resource.customizations.actions.apps_Deployment': 'definitions: [{name: a, action.lua: return obj}]',
  },
});

it.each([
  ['a.example.com/v1', 'Widget', 'return {status = "Degraded"}', false],
  ['b.example.com/v1', 'Widget', 'return {status = "Healthy"}', true],
  ['v1', 'ConfigMap', 'return nil', false],
  ['apps/v1', 'Deployment', 'return {status = "Suspended"}', false],
])(
  'finds the health script for %s %s: the exact kind, else the first pattern',
  (apiVersion, kind, source, openLibs) => {
    expect(healthScriptFor(settings, { apiVersion, kind })).toMatchObject({ source, openLibs, name: 'health.lua' });
  },
);

it('reads actions, and offers the built-in ones too when asked or when nothing discovers others', () => {
  expect(warnings).toEqual([]);
  expect(actionScriptsFor(settings, { apiVersion: 'example.com/v1', kind: 'Widget' })).toMatchObject({
    discovery: { source: 'return {}', name: 'discovery.lua', kind: 'example.com/Widget' },
    definitions: [{ name: 'drain', script: { source: 'return obj', name: 'drain/action.lua' } }],
    mergesBuiltIn: true,
  });
  expect(actionScriptsFor(settings, { apiVersion: 'apps/v1', kind: 'Deployment' })).toMatchObject({
    discovery: undefined,
    mergesBuiltIn: true,
  });
  expect(actionScriptsFor(settings, { apiVersion: 'v1', kind: 'Pod' })).toBeUndefined();
});

it('lists every script, with the kind it is for', () => {
  expect(allScripts(settings).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    '*.example.com/* health.lua',
    'example.com/Widget discovery.lua',
    'example.com/Widget drain/action.lua',
    'a.example.com/Widget health.lua',
    'ConfigMap health.lua',
    '*/* health.lua',
    'apps/Deployment a/action.lua',
  ]);
});
