import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitFixture } from '../../tests/support/git-fixture.ts';
import { findGit } from './git-command.ts';
import { isVersionConstraint, RepositoryMirror } from './repository-mirror.ts';

let fixture: GitFixture;
let root: string;
let mirror: RepositoryMirror;
let calls: string[];

beforeEach(async () => {
  fixture = await GitFixture.create();
  root = mkdtempSync(path.join(tmpdir(), 'lockstep-mirror-'));
  calls = [];
  mirror = new RepositoryMirror(fixture.url, {
    git: findGit(undefined),
    allowFile: false,
    root,
    onRemoteCall: (call) => calls.push(call),
  });
});

afterEach(async () => {
  await mirror[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

describe('RepositoryMirror', () => {
  it('resolves HEAD, branches, tags, constraints and commits, long and short', async () => {
    const first = fixture.commit({ 'a.yaml': 'a: 1\n' });
    fixture.git('tag', 'v1.0.0');
    fixture.git('tag', '-a', 'v1.4.0', '-m', 'four');
    const second = fixture.commit({ 'a.yaml': 'a: 2\n' });
    fixture.git('tag', 'v2.0.0-rc.1');
    fixture.git('push', '-q', 'origin', '--tags');
    await mirror.fetch({});
    const resolve = (revision: string, tagPrefix?: string) =>
      mirror.resolve({ revision, ...(tagPrefix === undefined ? {} : { tagPrefix }) });
    expect(await resolve('')).toBe(second);
    expect(await resolve('HEAD')).toBe(second);
    expect(await resolve('main')).toBe(second);
    expect(await resolve('refs/heads/main')).toBe(second);
    expect(await resolve('v1.4.0')).toBe(first);
    expect(await resolve('1.x')).toBe(first);
    expect(await resolve('>=1.0.0 <2.0.0')).toBe(first);
    expect(await resolve('^2.0.0-rc')).toBe(second);
    expect(await resolve(first)).toBe(first);
    expect(await resolve(first.slice(0, 8))).toBe(first);
    expect(await resolve('missing')).toBeUndefined();
    expect(await resolve('3.x')).toBeUndefined();
  });

  it('sees a push after one fetch of one ref, and reads it without another process per file', async () => {
    fixture.commit({ 'web/cm.yaml': 'v: 1\n', 'api/cm.yaml': 'v: 1\n' });
    await mirror.fetch({});
    const before = await mirror.snapshot((await mirror.resolve({ revision: 'main' })) as string);
    const requests = fixture.server.requests();
    const pushed = fixture.commit({ 'web/cm.yaml': 'v: 2\n', 'new/cm.yaml': 'v: 1\n' });
    await mirror.fetch({}, 'refs/heads/main');
    expect(fixture.server.requests() - requests).toBeLessThanOrEqual(3);
    expect(await mirror.resolve({ revision: 'main' })).toBe(pushed);
    const after = await mirror.snapshot(pushed);
    expect(after.changedFiles(before).sort()).toEqual(['new/cm.yaml', 'web/cm.yaml']);
    expect((await mirror.readBlob(after.entry('web/cm.yaml')?.id as string)).toString()).toBe('v: 2\n');
    expect(after.entry('api')?.id).toBe(before.entry('api')?.id);
  });

  it('says whether the remote moved for the price of one ls-remote', async () => {
    fixture.commit({ a: '1' });
    await mirror.fetch({});
    calls.length = 0;
    expect(await mirror.isBehind({})).toBe(false);
    expect(calls).toEqual(['ls-remote']);
    fixture.commit({ a: '2' });
    expect(await mirror.isBehind({})).toBe(true);
  });

  it('follows a forced push and drops a deleted branch', async () => {
    fixture.commit({ a: '1' });
    fixture.git('push', '-q', 'origin', 'HEAD:refs/heads/side');
    fixture.commit({ a: '2' });
    await mirror.fetch({});
    fixture.git('commit', '-q', '--amend', '-m', 'rewritten');
    fixture.git('push', '-qf', 'origin', 'main');
    fixture.git('push', '-q', 'origin', ':side');
    await mirror.fetch({});
    expect(await mirror.resolve({ revision: 'main' })).toBe(fixture.git('rev-parse', 'HEAD'));
    expect(await mirror.resolve({ revision: 'side' })).toBeUndefined();
  });

  it('gives author, date and message of a commit', async () => {
    const commit = fixture.commit({ a: '1' }, 'Explain why\n\nBody line');
    fixture.git('tag', 'v1');
    fixture.git('push', '-q', 'origin', '--tags');
    await mirror.fetch({});
    expect(await mirror.metadata(commit)).toMatchObject({
      revision: commit,
      author: 'Test <test@example.org>',
      message: 'Explain why\n\nBody line',
      tags: ['v1'],
    });
  });

  it('reports a repository that does not exist and recovers when it appears', async () => {
    const other = new RepositoryMirror(`${fixture.server.url}/later.git`, {
      git: findGit(undefined),
      allowFile: false,
      root,
    });
    await expect(other.fetch({})).rejects.toThrow(/git fetch failed/);
    expect(other.isCloned).toBe(false);
    fixture.commit({ a: '1' });
    fixture.publishAs('later');
    await other.fetch({});
    expect(await other.resolve({ revision: 'main' })).toBe(fixture.git('rev-parse', 'HEAD'));
    await other[Symbol.asyncDispose]();
  });

  it.each(['--upload-pack=touch /tmp/owned', '-x', 'main..other', 'a b', 'main\nrefs/heads/x', '@{-1}', 'a:b'])(
    'refuses the revision %j',
    async (revision) => {
      fixture.commit({ a: '1' });
      await mirror.fetch({});
      await expect(mirror.resolve({ revision })).rejects.toThrow(/is not a revision/);
    },
  );
});

it.each([
  '--upload-pack=x',
  'ext::sh -c id',
  'file:///etc',
  '/etc',
  'https://-oProxyCommand=x/y',
  'ftp://h/r',
  'https://h/\u0000',
  '',
])('refuses the repository URL %j', (url) => {
  expect(() => new RepositoryMirror(url, { git: '/usr/bin/git', allowFile: false, root: '/tmp' })).toThrow(
    /repository URL/,
  );
});

it('takes only what looks like a range for a constraint', () => {
  expect(['1.x', '^1.2', '>=1 <2', '*', '1.2.*', '~2'].map(isVersionConstraint)).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
  ]);
  expect(
    ['main', 'v1.2.3', 'release-1.x', 'feature/x1', 'HEAD', 'next', 'fix2', '0123abc'].map(isVersionConstraint),
  ).toEqual(Array(8).fill(false));
});
