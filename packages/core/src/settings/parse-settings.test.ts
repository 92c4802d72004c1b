import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from './default-settings.ts';
import { isExcludedKind } from './excluded-kinds.ts';
import { formatGoDuration, parseGoDuration } from './go-duration.ts';
import { customizationsFor, parseSettings } from './parse-settings.ts';

describe('parseSettings', () => {
  it('gives the defaults for empty ConfigMaps', () => {
    expect(parseSettings({})).toEqual({ settings: DEFAULT_SETTINGS, warnings: [] });
  });

  it('reads durations as Go writes them and as plain seconds', () => {
    const { settings } = parseSettings({
      configMap: { 'timeout.reconciliation': '3m', 'timeout.reconciliation.jitter': '0' },
      parameters: { 'controller.self.heal.backoff.cap.seconds': '60' },
    });
    expect(settings.reconciliation).toEqual({ timeoutSeconds: 180, jitterSeconds: 0, hardTimeoutSeconds: 0 });
    expect(settings.selfHeal.backoff.capSeconds).toBe(60);
  });

  it('merges the split and the merged form of customizations', () => {
    const { settings, warnings } = parseSettings({
      configMap: {
        'resource.customizations': [
          'example.com/Widget:',
          '  health.lua: |',
          '    return {status = "Healthy"}',
          '  ignoreDifferences: |',
          '    jsonPointers: [/spec/a]',
        ].join('\n'),
        'resource.customizations.ignoreDifferences.apps_Deployment': 'jsonPointers: ["/spec/replicas"]',
        'resource.customizations.ignoreDifferences.all': 'managedFieldsManagers: ["hpa"]',
        'resource.customizations.health.ConfigMap': 'return {}',
        'resource.customizations.useOpenLibs.ConfigMap': 'true',
      },
    });
    expect(warnings).toEqual([]);
    expect(customizationsFor(settings, { group: 'example.com', kind: 'Widget' })[0]).toMatchObject({
      healthLua: 'return {status = "Healthy"}\n',
      ignoreDifferences: { jsonPointers: ['/spec/a'] },
    });
    expect(
      customizationsFor(settings, { group: 'apps', kind: 'Deployment' }).map((entry) => entry.ignoreDifferences),
    ).toMatchObject([{ jsonPointers: ['/spec/replicas'] }, { managedFieldsManagers: ['hpa'] }]);
    expect(customizationsFor(settings, { group: '', kind: 'ConfigMap' })).toContainEqual(
      expect.objectContaining({ kind: 'ConfigMap', useOpenLibs: true }),
    );
  });

  it.each([
    ['timeout.reconciliation', 'soon', /^timeout\.reconciliation: "soon" is no duration/],
    ['application.resourceTrackingMethod', 'magic', /Use one of "annotation", "annotation\+label", "label"/],
    ['resource.exclusions', 'a: [', /^resource\.exclusions: is not valid YAML/],
    ['resource.exclusions', 'a: b', /must be a YAML list/],
    ['resource.customizations.ignoreDifferences.apps_Deployment', '- x', /must be a YAML map/],
    ['resource.customizations.actions.example.com_Widget', 'discovery.lua: |\n  x\n y', /is not valid YAML/],
    [
      'resource.customizations.actions.example.com_Widget',
      'definitions: [{name: a}]',
      /definition 1 lacks name or action\.lua/,
    ],
    ['resource.customizations.actions.example.com_Widget', 'discovery.lua: [1]', /discovery\.lua must be text/],
    ['kustomize.enable', 'perhaps', /neither true nor false/],
    ['resource.compareoptions', 'ignoreResourceStatusField: some', /Use all, crd or none/],
  ])('turns a bad %s into a warning with the fix', (key, value, expected) => {
    const { warnings } = parseSettings({ configMap: { [key]: value } });
    expect(warnings).toEqual([{ key, message: expect.stringMatching(expected) }]);
  });
});

describe('isExcludedKind', () => {
  const { settings } = parseSettings({
    configMap: {
      'resource.exclusions': '[{apiGroups: ["cilium.io"], kinds: ["CiliumIdentity"], clusters: ["https://one*"]}]',
      'resource.inclusions': '[{apiGroups: ["apps"], kinds: ["*"], clusters: ["https://strict"]}]',
    },
  });
  it.each([
    ['', 'Event', 'https://any', true],
    ['cilium.io', 'CiliumIdentity', 'https://one.example', true],
    ['cilium.io', 'CiliumIdentity', 'https://two', false],
    ['apps', 'Deployment', 'https://strict', false],
    ['', 'ConfigMap', 'https://strict', true],
  ])('%s/%s on %s: %s', (group, kind, server, expected) => {
    expect(isExcludedKind(settings, { group, kind, server })).toBe(expected);
  });
});

it.each([
  ['5s', 5_000],
  ['3m', 180_000],
  ['1h30m', 5_400_000],
  ['1.5m', 90_000],
  ['300ms', 300],
  ['7', 7_000],
  ['soon', undefined],
  ['', undefined],
  ['5 s', undefined],
])('parseGoDuration(%s) is %s', (text, expected) => {
  expect(parseGoDuration(text)).toBe(expected);
});

it('formats durations as Go does', () => {
  expect([5_000, 200_000, 3_600_000].map(formatGoDuration)).toEqual(['5s', '3m20s', '1h0m0s']);
});
