import { describe, expect, test } from 'vitest';
import { compilePolicy } from './compile-policy.ts';
import { Enforcer } from './enforcer.ts';
import { explain } from './explain.ts';
import { readPolicy } from './policy.ts';
import type { ProjectRole } from './project-policy.ts';
import type { Subject } from './subject.ts';

const local = (name: string, groups: string[] = []): Subject => ({ kind: 'local', name, groups });
const sso = (name: string, groups: string[] = []): Subject => ({ kind: 'sso', name, groups });
const anonymous: Subject = { kind: 'anonymous', name: '', groups: [] };

const projects: Record<string, ProjectRole[]> = {
  shop: [
    {
      name: 'deployer',
      policies: [
        'p, proj:shop:deployer, applications, sync, shop/*, allow',
        'p, proj:shop:deployer, applications, delete, other/*, allow',
        'p, proj:shop:other, applications, delete, shop/*, allow',
        'p, proj:shop:deployer, accounts, get, shop/*, allow',
      ],
      groups: ['shop-team'],
    },
  ],
  other: [],
};

function policyOf(csv: string, more: Record<string, string> = {}) {
  return readPolicy({ data: { 'policy.csv': csv, ...more }, version: 1, projectRoles: (name) => projects[name] });
}

/** Asks all three ways and insists that they agree. */
async function ask(policy: ReturnType<typeof policyOf>, subject: Subject, request: string): Promise<boolean> {
  const [resource, action, object] = request.split(', ') as [string, string, string];
  const allowed = await new Enforcer(policy).enforce(subject, { resource, action, object });
  expect(compilePolicy(policy, subject).allows(resource, action, object)).toBe(allowed);
  expect(explain(policy, subject, { resource, action, object }).allowed).toBe(allowed);
  return allowed;
}

describe('built-in roles', () => {
  const policy = policyOf('g, reader, role:readonly\ng, boss, role:admin');

  test.each([
    'applications, get, p/a',
    'applications, get, p/ns/a',
    'logs, get, p/a',
    'clusters, get, https://kubernetes.default.svc',
    'accounts, get, bob',
    'write-repositories, get, https://git.example.com/a',
  ])('role:readonly has %s', async (request) => {
    expect(await ask(policy, local('reader'), request)).toBe(true);
    expect(await ask(policy, local('boss'), request)).toBe(true);
    expect(await ask(policy, local('stranger'), request)).toBe(false);
  });

  test.each([
    'applications, sync, p/a',
    'applications, rollback, p/a',
    'applications, override, p/a',
    'applications, update/apps/Deployment/shop/web, p/a',
    'applications, delete/apps/Deployment/shop/web, p/a',
    'applications, action/apps/Deployment/restart, p/a',
    'exec, create, p/a',
    'accounts, update, bob',
    'projects, delete, p',
  ])('role:admin alone has %s', async (request) => {
    expect(await ask(policy, local('boss'), request)).toBe(true);
    expect(await ask(policy, local('reader'), request)).toBe(false);
  });

  test('role:admin may not invoke extensions', async () => {
    expect(await ask(policy, local('boss'), 'extensions, invoke, metrics')).toBe(false);
  });

  test('work the same with policy.matchMode regex', async () => {
    const regex = policyOf('g, boss, role:admin\np, dev, applications, sync, ^shop/.*$, allow', {
      'policy.matchMode': 'regex',
    });
    expect(regex.base.problems).toEqual([]);
    expect(await ask(regex, local('boss'), 'applications, update/apps/Deployment/a/b, p/a')).toBe(true);
    expect(await ask(regex, local('dev'), 'applications, sync, shop/web')).toBe(true);
    expect(await ask(regex, local('dev'), 'applications, sync, my-shop/web')).toBe(false);
  });

  test('the account admin has role:admin, a foreign user or group of that name has not', async () => {
    expect(await ask(policy, local('admin'), 'applications, sync, p/a')).toBe(true);
    expect(await ask(policy, sso('admin'), 'applications, sync, p/a')).toBe(false);
    expect(await ask(policy, sso('eve', ['admin', 'role:admin']), 'applications, sync, p/a')).toBe(false);
    expect(await ask(policy, sso('role:admin'), 'applications, sync, p/a')).toBe(false);
    expect(await ask(policy, sso('proj:shop:deployer'), 'applications, sync, shop/a')).toBe(false);
  });
});

describe('order of evaluation', () => {
  test('a deny wins within the rules of one name', async () => {
    const policy = policyOf('p, bob, applications, *, */*, allow\np, bob, applications, delete, */*, deny');
    expect(await ask(policy, local('bob'), 'applications, sync, p/a')).toBe(true);
    expect(await ask(policy, local('bob'), 'applications, delete, p/a')).toBe(false);
  });

  test('a deny of an inherited role counts for the one who has it', async () => {
    const policy = policyOf(
      'g, bob, role:dev\np, bob, applications, sync, */*, allow\np, role:dev, applications, sync, prod/*, deny',
    );
    expect(await ask(policy, local('bob'), 'applications, sync, prod/a')).toBe(false);
    expect(await ask(policy, local('bob'), 'applications, sync, test/a')).toBe(true);
  });

  test('a deny for the user does not stop an allow for a group', async () => {
    const policy = policyOf('p, bob, applications, get, */*, deny\ng, team, role:readonly');
    expect(await ask(policy, sso('bob', ['team']), 'applications, get, p/a')).toBe(true);
  });

  test('the default role cannot be taken back by a deny', async () => {
    const policy = policyOf('p, bob, applications, get, */*, deny', { 'policy.default': 'role:readonly' });
    expect(await ask(policy, local('bob'), 'applications, get, p/a')).toBe(true);
    expect(await ask(policy, anonymous, 'applications, get, p/a')).toBe(true);
    expect(await ask(policy, anonymous, 'applications, sync, p/a')).toBe(false);
  });

  test('a group counts only when a g line begins with it', async () => {
    const policy = policyOf('p, team, applications, get, */*, allow');
    expect(await ask(policy, sso('bob', ['team']), 'applications, get, p/a')).toBe(false);
    const linked = policyOf('p, team, applications, get, */*, allow\ng, team, role:none');
    expect(await ask(linked, sso('bob', ['team']), 'applications, get, p/a')).toBe(true);
  });

  test('policy.<name>.csv adds to policy.csv in the order of keys', () => {
    const policy = policyOf('g, a, role:x', { 'policy.b.csv': 'g, b, role:x', 'policy.a.csv': 'g, c, role:x' });
    expect(policy.base.links.slice(-3).map((link) => link.origin)).toEqual([
      'policy.csv',
      'policy.a.csv',
      'policy.b.csv',
    ]);
  });

  test('chains of roles longer than Casbin follows by default still count', async () => {
    const chain = Array.from({ length: 15 }, (_, index) => `g, role:${index}, role:${index + 1}`).join('\n');
    const policy = policyOf(`g, bob, role:0\n${chain}\np, role:15, applications, get, */*, allow`);
    expect(await ask(policy, local('bob'), 'applications, get, p/a')).toBe(true);
  });
});

describe('project roles', () => {
  const policy = policyOf('');

  test('count for objects of their project, through groups and through tokens', async () => {
    const token: Subject = { kind: 'project-token', name: 'proj:shop:deployer', groups: [] };
    for (const subject of [sso('eve', ['shop-team']), token]) {
      expect(await ask(policy, subject, 'applications, sync, shop/web')).toBe(true);
      expect(await ask(policy, subject, 'applications, sync, other/web')).toBe(false);
      expect(await ask(policy, subject, 'projects, get, shop')).toBe(true);
      expect(await ask(policy, subject, 'projects, get, other')).toBe(false);
    }
  });

  test('cannot reach outside of the project or its resources', async () => {
    const subject = sso('eve', ['shop-team']);
    expect(await ask(policy, subject, 'applications, delete, other/web')).toBe(false);
    expect(await ask(policy, subject, 'applications, delete, shop/web')).toBe(false);
    expect(await ask(policy, subject, 'accounts, get, shop/x')).toBe(false);
    expect(policy.project('shop').problems.map((problem) => problem.line)).toEqual([2, 3, 4]);
  });

  test('a token counts only in its own project, whatever the global policy gives its role', async () => {
    const global = policyOf('p, proj:shop:deployer, applications, get, */*, allow');
    const token: Subject = { kind: 'project-token', name: 'proj:shop:deployer', groups: [] };
    expect(await ask(global, token, 'applications, get, shop/web')).toBe(true);
    expect(await ask(global, token, 'applications, get, other/web')).toBe(false);
    expect(await ask(global, token, 'applications, get, missing/web')).toBe(false);
  });
});

describe('explain', () => {
  const policy = policyOf(
    'g, team, role:dev\np, role:dev, applications, sync, shop/*, allow\np, bob, logs, get, */*, deny',
  );

  test('names the line that allows', () => {
    expect(
      explain(policy, sso('eve', ['team']), { resource: 'applications', action: 'sync', object: 'shop/web' }),
    ).toEqual({
      allowed: true,
      reason: 'the group team is allowed by "p, role:dev, applications, sync, shop/*, allow" (policy.csv line 2)',
      rule: { text: 'p, role:dev, applications, sync, shop/*, allow', effect: 'allow', origin: 'policy.csv', line: 2 },
      principal: 'team',
    });
  });

  test('names the line that denies, and otherwise a line that would allow', () => {
    expect(explain(policy, local('bob'), { resource: 'logs', action: 'get', object: 'a/b' })).toMatchObject({
      allowed: false,
      rule: { line: 3, effect: 'deny' },
    });
    expect(explain(policy, local('bob'), { resource: 'exec', action: 'create', object: 'a/b' })).toMatchObject({
      allowed: false,
      suggestion: 'p, bob, exec, create, a/b, allow',
    });
  });
});

describe('readPolicy', () => {
  test('reads scopes as a list and reports what is none', () => {
    expect(policyOf('').scopes).toEqual(['groups']);
    expect(policyOf('', { scopes: '[groups, "email"]' }).scopes).toEqual(['groups', 'email']);
    expect(policyOf('', { scopes: '- groups\n- cognito:groups' }).scopes).toEqual(['groups', 'cognito:groups']);
    const broken = policyOf('', { scopes: 'groups: {' });
    expect(broken.scopes).toEqual(['groups']);
    expect(broken.base.problems).toMatchObject([{ origin: 'scopes' }]);
  });
});
