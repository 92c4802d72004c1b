import { describe, expect, it } from 'vitest';
import type { StoredObject } from '../storage/internal-client.ts';
import { ObjectStore } from '../storage/object-store.ts';
import { type AccessAttributes, describeDenied, RbacAuthorizer } from './rbac-authorizer.ts';

const group = 'rbac.authorization.k8s.io';

function stored(kind: string, name: string, fields: object, metadata: object = {}): StoredObject {
  return {
    apiVersion: `${group}/v1`,
    kind,
    metadata: { name, uid: `${kind}/${name}`, resourceVersion: '', creationTimestamp: '', ...metadata },
    ...fields,
  };
}

function wants(verb: string, resource: string, more: Partial<AccessAttributes> = {}): AccessAttributes {
  return {
    isResource: true,
    verb,
    group: '',
    resource,
    subresource: '',
    namespace: 'default',
    name: '',
    ...more,
  } as AccessAttributes;
}

describe('RbacAuthorizer', () => {
  const bob = { username: 'bob', groups: ['devs', 'system:authenticated'] };

  function withRules(...rules: object[]): RbacAuthorizer {
    const store = new ObjectStore();
    store.put(`${group}/clusterroles`, stored('ClusterRole', 'r', { rules }));
    store.put(
      `${group}/clusterrolebindings`,
      stored('ClusterRoleBinding', 'b', {
        roleRef: { kind: 'ClusterRole', name: 'r' },
        subjects: [{ kind: 'Group', name: 'devs' }],
      }),
    );
    return new RbacAuthorizer(store);
  }

  const allowed = (authorizer: RbacAuthorizer, attributes: AccessAttributes): boolean =>
    authorizer.authorize(bob, attributes).allowed;

  it('denies what no rule grants', () => {
    const authorizer = withRules({ verbs: ['get'], apiGroups: [''], resources: ['pods'] });
    expect(allowed(authorizer, wants('get', 'pods'))).toBe(true);
    expect(allowed(authorizer, wants('list', 'pods'))).toBe(false);
    expect(allowed(authorizer, wants('get', 'secrets'))).toBe(false);
    expect(authorizer.authorize({ username: 'eve', groups: [] }, wants('get', 'pods')).allowed).toBe(false);
  });

  it('tells a resource from its subresources', () => {
    const authorizer = withRules({ verbs: ['get'], apiGroups: [''], resources: ['pods/log', '*/scale'] });
    expect(allowed(authorizer, wants('get', 'pods', { subresource: 'log' }))).toBe(true);
    expect(allowed(authorizer, wants('get', 'pods'))).toBe(false);
    expect(allowed(authorizer, wants('get', 'replicationcontrollers', { subresource: 'scale' }))).toBe(true);
  });

  it('matches paths exactly or by a trailing star', () => {
    const authorizer = withRules({ verbs: ['get'], nonResourceURLs: ['/metrics', '/apis/*'] });
    const path = (text: string): AccessAttributes => ({ isResource: false, verb: 'get', path: text });
    expect(allowed(authorizer, path('/metrics'))).toBe(true);
    expect(allowed(authorizer, path('/metrics/slis'))).toBe(false);
    expect(allowed(authorizer, path('/apis/apps'))).toBe(true);
  });

  it('confines a ClusterRole that a RoleBinding names to its namespace', () => {
    const store = new ObjectStore();
    store.put(
      `${group}/clusterroles`,
      stored('ClusterRole', 'r', { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }),
    );
    const subjects = [{ kind: 'ServiceAccount', name: 'robot' }];
    store.put(
      `${group}/rolebindings`,
      stored('RoleBinding', 'b', { roleRef: { kind: 'ClusterRole', name: 'r' }, subjects }, { namespace: 'default' }),
    );
    const authorizer = new RbacAuthorizer(store);
    const robot = { username: 'system:serviceaccount:default:robot', groups: [] };
    expect(authorizer.authorize(robot, wants('get', 'pods')).allowed).toBe(true);
    expect(authorizer.authorize(robot, wants('get', 'pods', { namespace: 'other' })).allowed).toBe(false);
    expect(authorizer.authorize(robot, wants('get', 'pods', { namespace: '' })).allowed).toBe(false);
  });

  it('adds the rules of the roles that an aggregating role selects', () => {
    const store = new ObjectStore();
    const labels = { 'example.com/into-r': 'true' };
    store.put(
      `${group}/clusterroles`,
      stored('ClusterRole', 'r', { aggregationRule: { clusterRoleSelectors: [{ matchLabels: labels }] } }),
    );
    store.put(
      `${group}/clusterroles`,
      stored('ClusterRole', 'part', { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }, { labels }),
    );
    store.put(
      `${group}/clusterrolebindings`,
      stored('ClusterRoleBinding', 'b', {
        roleRef: { kind: 'ClusterRole', name: 'r' },
        subjects: [{ kind: 'User', name: 'bob' }],
      }),
    );
    expect(new RbacAuthorizer(store).authorize(bob, wants('get', 'pods')).allowed).toBe(true);
  });

  it('words a refusal as the real server does', () => {
    expect(
      describeDenied(bob, wants('patch', 'deployments', { group: 'apps', subresource: 'scale', namespace: '' })),
    ).toBe('User "bob" cannot patch resource "deployments/scale" in API group "apps" at the cluster scope');
  });
});
