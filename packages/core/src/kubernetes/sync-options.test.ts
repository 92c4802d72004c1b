import { expect, it } from 'vitest';
import { parseSyncOptions, syncOptionsOf } from './sync-options.ts';

it('reads known options, the last of several wins', () => {
  expect(
    parseSyncOptions(['Prune=confirm', ' ServerSideApply=true ', 'Validate=true', 'Validate=false'], 'resource'),
  ).toEqual({
    options: { prune: 'confirm', serverSideApply: true, validate: false },
    problems: [],
  });
});

it('names unknown keys, unknown values and options of the other level', () => {
  const { options, problems } = parseSyncOptions(
    ['Prun=false', 'Delete=maybe', 'CreateNamespace=true', 'Force=true'],
    'resource',
  );
  expect(options).toEqual({ force: true });
  expect(problems).toHaveLength(3);
  expect(problems[0]).toContain('"Prun=false" is unknown');
  expect(problems[1]).toContain('Use Delete=true or Delete=false or Delete=confirm');
  expect(problems[2]).toContain('Set it on the application');
});

it.each([
  ['CreateNamespace=true', 'resource'],
  ['PrunePropagationPolicy=background', 'resource'],
  ['ApplyOutOfSyncOnly=true', 'resource'],
  ['FailOnSharedResource=true', 'resource'],
  ['RespectIgnoreDifferences=true', 'resource'],
  // For a whole operation it is part of its strategy.
  ['Force=true', 'application'],
] as const)('%s has no effect on the level of a %s', (option, level) => {
  const { options, problems } = parseSyncOptions([option], level);
  expect(options).toEqual({});
  expect(problems).toEqual([expect.stringContaining(`sync option "${option}" has no effect on`)]);
});

it.each([
  'Validate=false',
  'PruneLast=true',
  'Replace=true',
  'ServerSideApply=true',
  'ServerSideApply=false',
  'ClientSideApplyMigration=false',
  'SkipDryRunOnMissingResource=true',
  'Prune=false',
  'Prune=confirm',
  'Delete=false',
  'Delete=confirm',
])('%s is read on both levels', (option) => {
  expect(parseSyncOptions([option], 'application').problems).toEqual([]);
  expect(parseSyncOptions([option], 'resource').problems).toEqual([]);
});

it('reads the annotation of a resource', () => {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' } },
  };
  expect(syncOptionsOf(object).options).toEqual({ prune: 'false', delete: 'false' });
});
