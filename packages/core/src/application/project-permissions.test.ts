import { describe, expect, it } from 'vitest';
import type { AppProject, AppProjectSpec } from './app-project.ts';
import {
  effectiveProject,
  permitsDestination,
  permitsKind,
  permitsResource,
  permitsSource,
  permitsSourceNamespace,
} from './project-permissions.ts';

function project(spec: AppProjectSpec, name = 'team', labels: Record<string, string> = {}): AppProject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name, namespace: 'argocd', labels },
    spec,
  };
}

describe('permitsSource', () => {
  it.each([
    [['*'], 'https://git.example.com/a/b', true],
    [[], 'https://git.example.com/a/b', false],
    [['https://git.example.com/a/*'], 'https://git.example.com/a/b.git', true],
    [['https://git.example.com/a/*'], 'https://git.example.com/a/b/c', false],
    [['*', '!https://git.example.com/secret/**'], 'https://git.example.com/secret/x', false],
    [['git@git.example.com:team/app.git'], 'ssh://git@git.example.com/team/app', true],
  ])('%j lets %s through: %s', (sourceRepos, url, expected) => {
    expect(permitsSource(project({ sourceRepos }), url)).toBe(expected);
  });
});

describe('permitsDestination', () => {
  const target = { server: 'https://kubernetes.default.svc', name: 'in-cluster', namespace: 'team-a' };
  it.each([
    [[{ server: '*', namespace: '*' }], true],
    [[{ server: 'https://kubernetes.default.svc', namespace: 'team-*' }], true],
    [[{ name: 'in-cluster', namespace: 'team-a' }], true],
    [[{ name: 'other', namespace: 'team-a' }], false],
    [
      [
        { server: '*', namespace: '*' },
        { server: '*', namespace: '!team-a' },
      ],
      false,
    ],
    [
      [
        { server: '*', namespace: '*' },
        { server: '!https://kubernetes.default.svc', namespace: '*' },
      ],
      false,
    ],
    [[{ server: '*', namespace: '!kube-*' }], true],
    [[], false],
  ])('%j: %s', (destinations, expected) => {
    expect(permitsDestination(project({ destinations }), target)).toBe(expected);
  });

  it('refuses a cluster that belongs to another project', () => {
    const open = project({ destinations: [{ server: '*', namespace: '*' }] });
    expect(permitsDestination(open, target, 'other')).toBe(false);
    expect(permitsDestination(open, target, 'team')).toBe(true);
  });

  it('permitOnlyProjectScopedClusters refuses clusters that belong to nobody', () => {
    const scoped = project({ destinations: [{ server: '*', namespace: '*' }], permitOnlyProjectScopedClusters: true });
    expect(permitsDestination(scoped, target)).toBe(false);
  });
});

describe('permitsKind', () => {
  const clusterRole = { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' };
  const configMap = { group: '', kind: 'ConfigMap' };
  it('forbids cluster-scoped kinds unless they are listed', () => {
    expect(permitsKind(project({}), clusterRole, false)).toBe(false);
    expect(permitsKind(project({ clusterResourceWhitelist: [{ group: '*', kind: '*' }] }), clusterRole, false)).toBe(
      true,
    );
  });
  it('narrows a cluster-scoped kind by name', () => {
    const named = project({ clusterResourceWhitelist: [{ group: '*', kind: 'ClusterRole', name: 'team-*' }] });
    expect(permitsKind(named, clusterRole, false)).toBe(false);
    expect(permitsKind(named, { ...clusterRole, name: 'team-a' }, false)).toBe(true);
  });
  it('lets namespaced kinds through unless a whitelist exists, and an empty list forbids all', () => {
    expect(permitsKind(project({}), configMap, true)).toBe(true);
    expect(permitsKind(project({ namespaceResourceWhitelist: [] }), configMap, true)).toBe(false);
  });
  it('a blacklist wins over a whitelist', () => {
    const both = project({
      namespaceResourceWhitelist: [{ group: '', kind: '*' }],
      namespaceResourceBlacklist: [{ group: '', kind: 'ConfigMap' }],
    });
    expect(permitsKind(both, configMap, true)).toBe(false);
  });
});

it("says in Argo CD's words why a resource is refused", () => {
  const narrow = project({ destinations: [{ server: '*', namespace: 'team-a' }] });
  const destination = { server: 'https://kubernetes.default.svc', name: 'in-cluster' };
  expect(
    permitsResource(narrow, {
      key: { group: '', kind: 'ConfigMap', namespace: 'kube-system', name: 'x' },
      namespaced: true,
      destination,
    }),
  ).toEqual({ permitted: false, reason: "namespace kube-system is not permitted in project 'team'" });
  expect(
    permitsResource(narrow, {
      key: { group: '', kind: 'Namespace', namespace: '', name: 'x' },
      namespaced: false,
      destination,
    }),
  ).toEqual({ permitted: false, reason: 'resource :Namespace is not permitted in project team' });
});

it('a global project adds its lists to the projects it selects', () => {
  const own = project({ sourceRepos: ['https://a'] }, 'team', { tier: 'prod' });
  const global = project(
    { sourceRepos: ['https://b'], namespaceResourceBlacklist: [{ group: '', kind: 'Pod' }] },
    'global',
  );
  const merged = effectiveProject(
    'team',
    [own, global],
    [{ projectName: 'global', labelSelector: { matchLabels: { tier: 'prod' } } }],
  );
  expect(merged?.spec.sourceRepos).toEqual(['https://a', 'https://b']);
  expect(permitsKind(merged as AppProject, { group: '', kind: 'Pod' }, true)).toBe(false);
  expect(effectiveProject('absent', [own], [])).toBeUndefined();
});

it('namespaces for applications are globs or regular expressions, and our own always counts', () => {
  const spread = project({ sourceNamespaces: ['apps-*', '/^team-[ab]$/'] });
  expect(permitsSourceNamespace(spread, 'apps-1', 'argocd')).toBe(true);
  expect(permitsSourceNamespace(spread, 'team-b', 'argocd')).toBe(true);
  expect(permitsSourceNamespace(spread, 'team-c', 'argocd')).toBe(false);
  expect(permitsSourceNamespace(spread, 'argocd', 'argocd')).toBe(true);
});
