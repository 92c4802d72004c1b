import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePolicy } from './compile-policy.ts';
import { Enforcer } from './enforcer.ts';
import { explain } from './explain.ts';
import { readPolicy } from './policy.ts';
import type { Subject } from './subject.ts';

const names = [
  'alice',
  'bob',
  'admin',
  'role:dev',
  'role:ops',
  'role:admin',
  'role:readonly',
  'team',
  'proj:shop:ci',
  'proj:pay:ci',
];
const resources = ['applications', 'logs', 'clusters', 'projects', 'accounts'];
const actions = ['get', 'sync', 'update', 'update/apps/Deployment/shop/web', 'action/apps/Deployment/restart'];
const objects = [
  'shop/web',
  'shop/ns/web',
  'pay/web',
  'shop',
  'pay',
  'gone/web',
  'https://kubernetes.default.svc',
  'bob',
];
const objectPatterns = ['*', '*/*', 'shop/*', 'pay/*', '*/web', 'shop/ns/*', '{shop,pay}/?eb', 'shop', '[!s]*'];

const field = <T extends string>(values: readonly T[]) => fc.constantFrom(...values);
const rule = fc
  .tuple(
    field(names),
    field([...resources, '*', 'app*']),
    field([...actions, '*', 'update/*', 'action/*']),
    field(objectPatterns),
    field(['allow', 'allow', 'deny']),
  )
  .map((fields) => `p, ${fields.join(', ')}`);
const link = fc.tuple(field(names), field(names)).map((fields) => `g, ${fields.join(', ')}`);
const projectRule = (project: string) =>
  fc
    .tuple(
      field(['applications', 'logs', 'clusters']),
      field([...actions, '*']),
      field(['*', 'web', 'ns/*']),
      field(['allow', 'deny']),
    )
    .map(
      ([resource, action, object, effect]) =>
        `p, proj:${project}:ci, ${resource}, ${action}, ${project}/${object}, ${effect}`,
    );
const projectRole = (project: string) =>
  fc.record({
    name: fc.constant('ci'),
    policies: fc.array(projectRule(project), { maxLength: 4 }),
    groups: fc.subarray(['team', 'alice']),
  });
const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({
    kind: field(['local', 'sso'] as const),
    name: field(names),
    groups: fc.subarray(['team', 'bob', 'role:admin']),
  }),
  fc.record({
    kind: fc.constant('project-token' as const),
    name: field(['proj:shop:ci', 'proj:pay:ci']),
    groups: fc.constant([]),
  }),
  fc.constant<Subject>({ kind: 'anonymous', name: '', groups: [] }),
);

test('the compiled checker and the explanation decide like Casbin, on any policy', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 3, arbitrary: rule }, { weight: 2, arbitrary: link }), { maxLength: 14 }),
      fc.record({
        shop: fc.array(projectRole('shop'), { maxLength: 1 }),
        pay: fc.array(projectRole('pay'), { maxLength: 1 }),
      }),
      field(['', 'role:readonly', 'role:dev']),
      subject,
      async (lines, roles, defaultRole, asking) => {
        const policy = readPolicy({
          data: { 'policy.csv': lines.join('\n'), 'policy.default': defaultRole },
          version: 1,
          projectRoles: (name) => (roles as Record<string, typeof roles.shop>)[name],
        });
        const enforcer = new Enforcer(policy);
        const compiled = compilePolicy(policy, asking);
        for (const resource of resources) {
          for (const action of actions) {
            for (const object of objects) {
              const expected = await enforcer.enforce(asking, { resource, action, object });
              const request = `${resource}, ${action}, ${object}`;
              expect([request, compiled.allows(resource, action, object)]).toEqual([request, expected]);
              if (action === 'get') {
                expect([request, explain(policy, asking, { resource, action, object }).allowed]).toEqual([
                  request,
                  expected,
                ]);
              }
            }
          }
        }
      },
    ),
    { numRuns: 120 },
  );
}, 120_000);

test('ten thousand checks take milliseconds with thousands of lines in the policy', () => {
  const lines = Array.from(
    { length: 3_000 },
    (_, index) => `p, role:r${index % 50}, applications, get, project-${index}/*, allow`,
  );
  const policy = readPolicy({
    data: { 'policy.csv': [...lines, 'g, bob, role:r7', 'g, bob, role:r8'].join('\n') },
    version: 1,
    projectRoles: () => [],
  });
  const compiled = compilePolicy(policy, { kind: 'local', name: 'bob', groups: [] });
  const started = performance.now();
  let allowed = 0;
  for (let index = 0; index < 10_000; index += 1) {
    if (compiled.allows('applications', 'get', `project-${index % 3_000}/app-${index}`)) allowed += 1;
  }
  expect(allowed).toBe(400);
  expect(performance.now() - started).toBeLessThan(1_000);
});
