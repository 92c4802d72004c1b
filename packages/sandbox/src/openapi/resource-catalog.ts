/** A subresource of a built-in resource. Group and version are those of its own kind, where they differ. */
interface BuiltInSubresource {
  name: string;
  group: string;
  version: string;
  kind: string;
  verbs: string[];
}

/** One resource type that the API server serves by itself. */
export interface BuiltInResource {
  /** '' for core. */
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  namespaced: boolean;
  shortNames: string[];
  categories: string[];
  /** Sorted. A resource that is only created (reviews, bindings) has `create` alone. */
  verbs: string[];
  subresources: BuiltInSubresource[];
}

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const readWriteVerbs = ['get', 'patch', 'update'];

interface Row {
  kind: string;
  plural: string;
  scope?: 'Namespaced' | 'Cluster';
  shortNames?: string[];
  categories?: string[];
  verbs?: string[];
  status?: boolean;
  scale?: boolean;
  subresources?: { name: string; kind: string; group?: string; version?: string; verbs: string[] }[];
}

function served(groupVersion: string, rows: Row[]): BuiltInResource[] {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  if (group === undefined || version === undefined) throw new Error(`not a group version: ${groupVersion}`);
  return rows.map((row) => ({
    group,
    version,
    kind: row.kind,
    plural: row.plural,
    singular: row.kind.toLowerCase(),
    namespaced: row.scope !== 'Cluster',
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    verbs: row.verbs ?? allVerbs,
    subresources: [
      ...(row.subresources ?? []).map((one) => ({ group, version, ...one })),
      ...(row.scale === true
        ? [{ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: readWriteVerbs }]
        : []),
      ...(row.status === true ? [{ name: 'status', group, version, kind: row.kind, verbs: readWriteVerbs }] : []),
    ],
  }));
}

const connect = (name: string, kind: string) => ({ name, kind, verbs: ['create', 'get'] });

/** Every built-in resource type, the versions that a stock API server enables. Order of groups is that of discovery. */
export const resourceCatalog: readonly BuiltInResource[] = [
  ...served('v1', [
    { kind: 'Binding', plural: 'bindings', verbs: ['create'] },
    {
      kind: 'ComponentStatus',
      plural: 'componentstatuses',
      scope: 'Cluster',
      shortNames: ['cs'],
      verbs: ['get', 'list'],
    },
    { kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'] },
    { kind: 'Endpoints', plural: 'endpoints', shortNames: ['ep'] },
    { kind: 'Event', plural: 'events', shortNames: ['ev'] },
    { kind: 'LimitRange', plural: 'limitranges', shortNames: ['limits'] },
    {
      kind: 'Namespace',
      plural: 'namespaces',
      scope: 'Cluster',
      shortNames: ['ns'],
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
      status: true,
      subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }],
    },
    { kind: 'Node', plural: 'nodes', scope: 'Cluster', shortNames: ['no'], status: true },
    { kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims', shortNames: ['pvc'], status: true },
    { kind: 'PersistentVolume', plural: 'persistentvolumes', scope: 'Cluster', shortNames: ['pv'], status: true },
    {
      kind: 'Pod',
      plural: 'pods',
      shortNames: ['po'],
      categories: ['all'],
      status: true,
      subresources: [
        connect('attach', 'PodAttachOptions'),
        { name: 'binding', kind: 'Binding', verbs: ['create'] },
        { name: 'ephemeralcontainers', kind: 'Pod', verbs: readWriteVerbs },
        { name: 'eviction', group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
        connect('exec', 'PodExecOptions'),
        { name: 'log', kind: 'Pod', verbs: ['get'] },
        connect('portforward', 'PodPortForwardOptions'),
        { name: 'resize', kind: 'Pod', verbs: readWriteVerbs },
      ],
    },
    { kind: 'PodTemplate', plural: 'podtemplates' },
    {
      kind: 'ReplicationController',
      plural: 'replicationcontrollers',
      shortNames: ['rc'],
      categories: ['all'],
      status: true,
      scale: true,
    },
    { kind: 'ResourceQuota', plural: 'resourcequotas', shortNames: ['quota'], status: true },
    { kind: 'Secret', plural: 'secrets' },
    {
      kind: 'ServiceAccount',
      plural: 'serviceaccounts',
      shortNames: ['sa'],
      subresources: [
        { name: 'token', group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
      ],
    },
    { kind: 'Service', plural: 'services', shortNames: ['svc'], categories: ['all'], status: true },
  ]),
  ...served('apiregistration.k8s.io/v1', [
    { kind: 'APIService', plural: 'apiservices', scope: 'Cluster', categories: ['api-extensions'], status: true },
  ]),
  ...served('apps/v1', [
    { kind: 'ControllerRevision', plural: 'controllerrevisions' },
    { kind: 'DaemonSet', plural: 'daemonsets', shortNames: ['ds'], categories: ['all'], status: true },
    {
      kind: 'Deployment',
      plural: 'deployments',
      shortNames: ['deploy'],
      categories: ['all'],
      status: true,
      scale: true,
    },
    { kind: 'ReplicaSet', plural: 'replicasets', shortNames: ['rs'], categories: ['all'], status: true, scale: true },
    {
      kind: 'StatefulSet',
      plural: 'statefulsets',
      shortNames: ['sts'],
      categories: ['all'],
      status: true,
      scale: true,
    },
  ]),
  ...served('events.k8s.io/v1', [{ kind: 'Event', plural: 'events', shortNames: ['ev'] }]),
  ...served('authentication.k8s.io/v1', [
    { kind: 'SelfSubjectReview', plural: 'selfsubjectreviews', scope: 'Cluster', verbs: ['create'] },
    { kind: 'TokenReview', plural: 'tokenreviews', scope: 'Cluster', verbs: ['create'] },
  ]),
  ...served('authorization.k8s.io/v1', [
    { kind: 'LocalSubjectAccessReview', plural: 'localsubjectaccessreviews', verbs: ['create'] },
    { kind: 'SelfSubjectAccessReview', plural: 'selfsubjectaccessreviews', scope: 'Cluster', verbs: ['create'] },
    { kind: 'SelfSubjectRulesReview', plural: 'selfsubjectrulesreviews', scope: 'Cluster', verbs: ['create'] },
    { kind: 'SubjectAccessReview', plural: 'subjectaccessreviews', scope: 'Cluster', verbs: ['create'] },
  ]),
  ...['autoscaling/v2', 'autoscaling/v1'].flatMap((groupVersion) =>
    served(groupVersion, [
      {
        kind: 'HorizontalPodAutoscaler',
        plural: 'horizontalpodautoscalers',
        shortNames: ['hpa'],
        categories: ['all'],
        status: true,
      },
    ]),
  ),
  ...served('batch/v1', [
    { kind: 'CronJob', plural: 'cronjobs', shortNames: ['cj'], categories: ['all'], status: true },
    { kind: 'Job', plural: 'jobs', categories: ['all'], status: true },
  ]),
  ...served('certificates.k8s.io/v1', [
    {
      kind: 'CertificateSigningRequest',
      plural: 'certificatesigningrequests',
      scope: 'Cluster',
      shortNames: ['csr'],
      status: true,
      subresources: [{ name: 'approval', kind: 'CertificateSigningRequest', verbs: readWriteVerbs }],
    },
  ]),
  ...served('networking.k8s.io/v1', [
    { kind: 'IngressClass', plural: 'ingressclasses', scope: 'Cluster' },
    { kind: 'Ingress', plural: 'ingresses', shortNames: ['ing'], status: true },
    { kind: 'IPAddress', plural: 'ipaddresses', scope: 'Cluster', shortNames: ['ip'] },
    { kind: 'NetworkPolicy', plural: 'networkpolicies', shortNames: ['netpol'] },
    { kind: 'ServiceCIDR', plural: 'servicecidrs', scope: 'Cluster', status: true },
  ]),
  ...served('policy/v1', [
    { kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets', shortNames: ['pdb'], status: true },
  ]),
  ...served('rbac.authorization.k8s.io/v1', [
    { kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', scope: 'Cluster' },
    { kind: 'ClusterRole', plural: 'clusterroles', scope: 'Cluster' },
    { kind: 'RoleBinding', plural: 'rolebindings' },
    { kind: 'Role', plural: 'roles' },
  ]),
  ...served('storage.k8s.io/v1', [
    { kind: 'CSIDriver', plural: 'csidrivers', scope: 'Cluster' },
    { kind: 'CSINode', plural: 'csinodes', scope: 'Cluster' },
    { kind: 'CSIStorageCapacity', plural: 'csistoragecapacities' },
    { kind: 'StorageClass', plural: 'storageclasses', scope: 'Cluster', shortNames: ['sc'] },
    { kind: 'VolumeAttachment', plural: 'volumeattachments', scope: 'Cluster', status: true },
    { kind: 'VolumeAttributesClass', plural: 'volumeattributesclasses', scope: 'Cluster', shortNames: ['vac'] },
  ]),
  ...served('admissionregistration.k8s.io/v1', [
    {
      kind: 'MutatingAdmissionPolicy',
      plural: 'mutatingadmissionpolicies',
      scope: 'Cluster',
      categories: ['api-extensions'],
    },
    {
      kind: 'MutatingAdmissionPolicyBinding',
      plural: 'mutatingadmissionpolicybindings',
      scope: 'Cluster',
      categories: ['api-extensions'],
    },
    {
      kind: 'MutatingWebhookConfiguration',
      plural: 'mutatingwebhookconfigurations',
      scope: 'Cluster',
      categories: ['api-extensions'],
    },
    {
      kind: 'ValidatingAdmissionPolicy',
      plural: 'validatingadmissionpolicies',
      scope: 'Cluster',
      categories: ['api-extensions'],
      status: true,
    },
    {
      kind: 'ValidatingAdmissionPolicyBinding',
      plural: 'validatingadmissionpolicybindings',
      scope: 'Cluster',
      categories: ['api-extensions'],
    },
    {
      kind: 'ValidatingWebhookConfiguration',
      plural: 'validatingwebhookconfigurations',
      scope: 'Cluster',
      categories: ['api-extensions'],
    },
  ]),
  ...served('apiextensions.k8s.io/v1', [
    {
      kind: 'CustomResourceDefinition',
      plural: 'customresourcedefinitions',
      scope: 'Cluster',
      shortNames: ['crd', 'crds'],
      categories: ['api-extensions'],
      status: true,
    },
  ]),
  ...served('scheduling.k8s.io/v1', [
    { kind: 'PriorityClass', plural: 'priorityclasses', scope: 'Cluster', shortNames: ['pc'] },
  ]),
  ...served('coordination.k8s.io/v1', [{ kind: 'Lease', plural: 'leases' }]),
  ...served('node.k8s.io/v1', [{ kind: 'RuntimeClass', plural: 'runtimeclasses', scope: 'Cluster' }]),
  ...served('discovery.k8s.io/v1', [{ kind: 'EndpointSlice', plural: 'endpointslices' }]),
  ...served('flowcontrol.apiserver.k8s.io/v1', [
    { kind: 'FlowSchema', plural: 'flowschemas', scope: 'Cluster', status: true },
    { kind: 'PriorityLevelConfiguration', plural: 'prioritylevelconfigurations', scope: 'Cluster', status: true },
  ]),
  ...served('resource.k8s.io/v1', [
    { kind: 'DeviceClass', plural: 'deviceclasses', scope: 'Cluster' },
    { kind: 'ResourceClaim', plural: 'resourceclaims', status: true },
    { kind: 'ResourceClaimTemplate', plural: 'resourceclaimtemplates' },
    { kind: 'ResourceSlice', plural: 'resourceslices', scope: 'Cluster' },
  ]),
];
