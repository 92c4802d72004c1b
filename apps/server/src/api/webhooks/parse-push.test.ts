import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Provider, parsePush, providerOf } from './parse-push.ts';
import { isAuthentic } from './verify-webhook.ts';

const providers: Provider[] = ['azuredevops', 'gogs', 'github', 'gitlab', 'bitbucket', 'bitbucketserver'];

describe('parsePush', () => {
  test.each<[Provider, unknown, unknown]>([
    [
      'github',
      {
        ref: 'refs/heads/main',
        before: 'a',
        after: 'b',
        repository: {
          html_url: 'https://github.com/o/r',
          clone_url: 'https://github.com/o/r.git',
          default_branch: 'main',
        },
      },
      {
        urls: ['https://github.com/o/r', 'https://github.com/o/r.git'],
        ref: 'refs/heads/main',
        before: 'a',
        after: 'b',
        defaultBranch: 'main',
      },
    ],
    [
      'gitlab',
      { ref: 'refs/tags/v1', after: 'b', project: { web_url: 'https://gitlab.com/o/r', default_branch: 'trunk' } },
      { urls: ['https://gitlab.com/o/r'], ref: 'refs/tags/v1', after: 'b', defaultBranch: 'trunk' },
    ],
    [
      'gogs',
      { ref: 'refs/heads/main', repository: { html_url: 'https://gitea.example.com/o/r', clone_url: null } },
      { urls: ['https://gitea.example.com/o/r'], ref: 'refs/heads/main' },
    ],
    [
      'bitbucket',
      {
        push: { changes: [{ new: { type: 'branch', name: 'main', target: { hash: 'b' } }, old: null }] },
        repository: { links: { html: { href: 'https://bitbucket.org/o/r' } } },
      },
      { urls: ['https://bitbucket.org/o/r'], ref: 'refs/heads/main', after: 'b' },
    ],
    [
      'bitbucketserver',
      {
        changes: [{ ref: { id: 'refs/heads/main' }, fromHash: 'a', toHash: 'b' }],
        repository: { links: { clone: [{ href: 'ssh://git@bb.example.com/o/r.git' }] } },
      },
      { urls: ['ssh://git@bb.example.com/o/r.git'], ref: 'refs/heads/main', before: 'a', after: 'b' },
    ],
    [
      'azuredevops',
      {
        resource: {
          refUpdates: [{ name: 'refs/heads/main', newObjectId: 'b' }],
          repository: { remoteUrl: 'https://dev.azure.com/o/p/_git/r', defaultBranch: 'refs/heads/main' },
        },
      },
      { urls: ['https://dev.azure.com/o/p/_git/r'], ref: 'refs/heads/main', after: 'b', defaultBranch: 'main' },
    ],
  ])('%s', (provider, body, push) => {
    expect(parsePush(provider, body)).toEqual([push]);
  });

  test('nothing a stranger can send makes it fail', () => {
    const odd: unknown[] = [
      null,
      1,
      'text',
      [],
      {},
      { repository: null },
      { repository: [] },
      { repository: { links: 'x' } },
      { repository: { links: { clone: 'not a list' } } },
      { repository: { links: { clone: [null, 1, {}] } } },
      { push: { changes: null } },
      { push: { changes: [null] }, repository: { links: { html: { href: 1 } } } },
      { resource: { refUpdates: [] } },
      { resource: { refUpdates: [null], repository: null } },
      { commits: [{ repo: null }], repository: { html_url: {} } },
      { ref: {}, repository: { html_url: 'https://x' } },
      { toString: null, hasOwnProperty: 1 },
      { project: { web_url: 'x'.repeat(10_000) } },
    ];
    for (const provider of providers) for (const body of odd) expect(() => parsePush(provider, body)).not.toThrow();
    expect(parsePush('azuredevops', { resource: { refUpdates: [], repository: { remoteUrl: 'https://x' } } })).toEqual([
      { urls: ['https://x'] },
    ]);
  });
});

test('the provider is known by its header; Gitea, which sends that of GitHub too, is not taken for GitHub', () => {
  expect(providerOf({ 'x-github-event': 'push', 'x-gogs-event': 'push' })).toBe('gogs');
  expect(providerOf({ 'x-github-event': 'push' })).toBe('github');
  expect(providerOf({ 'x-gitlab-event': 'Push Hook' })).toBe('gitlab');
  expect(providerOf({ 'content-type': 'application/json' })).toBeUndefined();
});

describe('isAuthentic', () => {
  const body = Buffer.from('{"ref":"x"}');
  const sign = (algorithm: string, key: string): string => createHmac(algorithm, key).update(body).digest('hex');

  test.each<[Provider, string, Record<string, string>, Record<string, string>]>([
    [
      'github',
      'webhook.github.secret',
      { 'x-hub-signature-256': `sha256=${sign('sha256', 'key')}` },
      { 'x-hub-signature-256': `sha256=${sign('sha256', 'other')}` },
    ],
    ['github', 'webhook.github.secret', { 'x-hub-signature': `sha1=${sign('sha1', 'key')}` }, {}],
    ['gogs', 'webhook.gogs.secret', { 'x-gogs-signature': sign('sha256', 'key') }, { 'x-gogs-signature': '' }],
    ['gitlab', 'webhook.gitlab.secret', { 'x-gitlab-token': 'key' }, { 'x-gitlab-token': 'ke' }],
    ['bitbucket', 'webhook.bitbucket.uuid', { 'x-hook-uuid': '{key}' }, { 'x-hook-uuid': '{other}' }],
    [
      'bitbucketserver',
      'webhook.bitbucketserver.secret',
      { 'x-hub-signature': `sha256=${sign('sha256', 'key')}` },
      { 'x-hub-signature': 'sha256=' },
    ],
  ])('%s must know the secret where one is set', (provider, key, right, wrong) => {
    expect(isAuthentic(provider, right, body, { [key]: 'key' })).toBe(true);
    expect(isAuthentic(provider, wrong, body, { [key]: 'key' })).toBe(false);
    expect(isAuthentic(provider, wrong, body, {})).toBe(true);
  });

  test('Azure DevOps sends a user and a password', () => {
    const secret = { 'webhook.azuredevops.username': 'u', 'webhook.azuredevops.password': 'p' };
    expect(
      isAuthentic('azuredevops', { authorization: `Basic ${Buffer.from('u:p').toString('base64')}` }, body, secret),
    ).toBe(true);
    expect(isAuthentic('azuredevops', {}, body, secret)).toBe(false);
  });
});
