import type { SandboxUser } from '../authentication/tokens.ts';
import type { GroupResource, InternalClient } from '../storage/internal-client.ts';
import { defaultClusterRoleBindings, defaultClusterRoles } from './default-roles.ts';

const manager = 'kube-apiserver';
const rbacGroup = 'rbac.authorization.k8s.io';
const rbacVersion = `${rbacGroup}/v1`;
const bootstrapLabels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/**
 * Creates what a fresh cluster has before anybody uses it: namespaces, roles, the API server's own Service. Each is
 * created only when absent, so a cluster that was loaded from disk keeps its changes.
 */
export function bootstrapCluster(client: InternalClient, users: SandboxUser[]): void {
  for (const name of namespaces) ensure(client, { group: '', resource: 'namespaces' }, { metadata: { name } });
  for (const { name, ...role } of defaultClusterRoles) {
    ensure(
      client,
      { group: rbacGroup, resource: 'clusterroles' },
      { apiVersion: rbacVersion, metadata: { name, labels: bootstrapLabels }, ...role },
    );
  }
  for (const { name, role, groups } of defaultClusterRoleBindings) {
    bind(
      client,
      name,
      role,
      groups.map((group) => ({ apiGroup: rbacGroup, kind: 'Group', name: group })),
    );
  }
  if (users.some((user) => user.name === 'viewer')) {
    bind(client, 'lockstep:viewer', 'view', [{ apiGroup: rbacGroup, kind: 'User', name: 'viewer' }]);
  }
  ensure(
    client,
    { group: '', resource: 'services' },
    {
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }] },
    },
  );
  ensure(
    client,
    { group: 'scheduling.k8s.io', resource: 'priorityclasses' },
    {
      metadata: { name: 'system-cluster-critical' },
      value: 2_000_000_000,
      description:
        'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    },
  );
  ensure(
    client,
    { group: 'scheduling.k8s.io', resource: 'priorityclasses' },
    {
      metadata: { name: 'system-node-critical' },
      value: 2_000_001_000,
      description: 'Used for system critical pods that must not be moved from their current node.',
    },
  );
}

interface BootstrapObject {
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

function bind(client: InternalClient, name: string, role: string, subjects: object[]): void {
  ensure(
    client,
    { group: rbacGroup, resource: 'clusterrolebindings' },
    {
      apiVersion: rbacVersion,
      metadata: { name, labels: bootstrapLabels },
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role },
      subjects,
    },
  );
}

function ensure(client: InternalClient, resource: GroupResource, object: BootstrapObject): void {
  if (client.get(resource, object.metadata.namespace ?? '', object.metadata.name) === undefined) {
    client.create(resource, object, manager);
  }
}
