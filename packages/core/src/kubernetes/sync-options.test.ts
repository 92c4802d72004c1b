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

it('reads the annotation of a resource', () => {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' } },
  };
  expect(syncOptionsOf(object).options).toEqual({ prune: 'false', delete: 'false' });
});
