const everyVerb = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const readVerbs = ['get', 'list', 'watch'];

interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  nonResourceURLs?: string[];
}

const workloads: { group: string; resources: string[] }[] = [
  {
    group: '',
    resources: [
      'configmaps',
      'endpoints',
      'events',
      'limitranges',
      'persistentvolumeclaims',
      'pods',
      'pods/log',
      'pods/status',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'resourcequotas',
      'serviceaccounts',
      'services',
    ],
  },
  {
    group: 'apps',
    resources: [
      'controllerrevisions',
      'daemonsets',
      'deployments',
      'deployments/scale',
      'replicasets',
      'replicasets/scale',
      'statefulsets',
      'statefulsets/scale',
    ],
  },
  { group: 'autoscaling', resources: ['horizontalpodautoscalers'] },
  { group: 'batch', resources: ['cronjobs', 'jobs'] },
  { group: 'discovery.k8s.io', resources: ['endpointslices'] },
  { group: 'networking.k8s.io', resources: ['ingresses', 'networkpolicies'] },
  { group: 'policy', resources: ['poddisruptionbudgets'] },
];

const viewRules: Rule[] = [
  ...workloads.map(({ group, resources }) => ({ verbs: readVerbs, apiGroups: [group], resources })),
  { verbs: readVerbs, apiGroups: [''], resources: ['namespaces'] },
];
const editRules: Rule[] = [
  ...viewRules,
  ...workloads.map(({ group, resources }) => ({ verbs: everyVerb, apiGroups: [group], resources })),
  {
    verbs: everyVerb,
    apiGroups: [''],
    resources: ['secrets', 'pods/exec', 'pods/portforward', 'pods/eviction', 'serviceaccounts/token'],
  },
];
const adminRules: Rule[] = [
  ...editRules,
  { verbs: everyVerb, apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] },
  { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'] },
];
const publicPaths = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

/** Charts add their custom resources to a role by labelling a ClusterRole of their own. */
function aggregateTo(role: string): object {
  return { clusterRoleSelectors: [{ matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${role}`]: 'true' } }] };
}

/** The roles every cluster has that people and charts refer to, with their bindings. */
export const defaultClusterRoles: { name: string; rules: Rule[]; aggregationRule?: object }[] = [
  {
    name: 'cluster-admin',
    rules: [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ],
  },
  { name: 'admin', rules: adminRules, aggregationRule: aggregateTo('admin') },
  { name: 'edit', rules: editRules, aggregationRule: aggregateTo('edit') },
  { name: 'view', rules: viewRules, aggregationRule: aggregateTo('view') },
  {
    name: 'system:discovery',
    rules: [
      {
        verbs: ['get'],
        nonResourceURLs: [
          '/api',
          '/api/*',
          '/apis',
          '/apis/*',
          '/healthz',
          '/livez',
          '/openapi',
          '/openapi/*',
          '/readyz',
          '/version',
          '/version/',
        ],
      },
    ],
  },
  {
    name: 'system:basic-user',
    rules: [
      {
        verbs: ['create'],
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      },
      { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
    ],
  },
  { name: 'system:public-info-viewer', rules: [{ verbs: ['get'], nonResourceURLs: publicPaths }] },
];

export const defaultClusterRoleBindings: { name: string; role: string; groups: string[] }[] = [
  { name: 'cluster-admin', role: 'cluster-admin', groups: ['system:masters'] },
  { name: 'system:discovery', role: 'system:discovery', groups: ['system:authenticated'] },
  { name: 'system:basic-user', role: 'system:basic-user', groups: ['system:authenticated'] },
  {
    name: 'system:public-info-viewer',
    role: 'system:public-info-viewer',
    groups: ['system:authenticated', 'system:unauthenticated'],
  },
];
