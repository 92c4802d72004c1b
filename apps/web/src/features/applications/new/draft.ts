/** What the form asks for. */
export interface ApplicationDraft {
  name: string;
  project: string;
  repoURL: string;
  path: string;
  chart: string;
  targetRevision: string;
  cluster: string;
  namespace: string;
  createNamespace: boolean;
  automated: boolean;
  prune: boolean;
  selfHeal: boolean;
  /** What the form does not ask for but the YAML may hold; it comes back unchanged. */
  rest: Record<string, unknown>;
}

export const emptyDraft: ApplicationDraft = {
  name: '',
  project: 'default',
  repoURL: '',
  path: '',
  chart: '',
  targetRevision: 'HEAD',
  cluster: 'in-cluster',
  namespace: '',
  createNamespace: true,
  automated: false,
  prune: false,
  selfHeal: false,
  rest: {},
};

const createNamespaceOption = 'CreateNamespace=true';

/** The Application a draft stands for. */
export function draftToApplication(draft: ApplicationDraft): Record<string, unknown> {
  const rest = record(draft.rest);
  const metadata = record(rest['metadata']);
  const spec = record(rest['spec']);
  const policy = record(spec['syncPolicy']);
  const { path: _path, chart: _chart, ...source } = record(spec['source']);
  const options = strings(policy['syncOptions']).filter((each) => each !== createNamespaceOption);
  if (draft.createNamespace) options.push(createNamespaceOption);
  const syncPolicy = {
    ...policy,
    ...(draft.automated && {
      automated: { ...record(policy['automated']), prune: draft.prune, selfHeal: draft.selfHeal },
    }),
    ...(options.length > 0 && { syncOptions: options }),
  };
  if (!draft.automated) delete (syncPolicy as Record<string, unknown>)['automated'];
  return {
    ...rest,
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { ...metadata, name: draft.name },
    spec: {
      ...spec,
      project: draft.project,
      source: {
        ...source,
        repoURL: draft.repoURL,
        ...(draft.chart ? { chart: draft.chart } : { path: draft.path }),
        targetRevision: draft.targetRevision || 'HEAD',
      },
      destination: { ...destination(spec, draft.cluster), namespace: draft.namespace },
      syncPolicy,
    },
  };
}

/** The inverse, keeping what the form does not know.
 * @throws Error when the text is not an Application */
export function applicationToDraft(value: unknown): ApplicationDraft {
  const app = record(value);
  if (app['kind'] !== 'Application') throw new Error('This must be one resource of kind Application.');
  const metadata = record(app['metadata']);
  const spec = record(app['spec']);
  const source = record(spec['source']);
  const target = record(spec['destination']);
  const policy = record(spec['syncPolicy']);
  const automated = record(policy['automated']);
  return {
    name: text(metadata['name']),
    project: text(spec['project']) || 'default',
    repoURL: text(source['repoURL']),
    path: text(source['path']),
    chart: text(source['chart']),
    targetRevision: text(source['targetRevision']),
    cluster: text(target['name']) || text(target['server']),
    namespace: text(target['namespace']),
    createNamespace: strings(policy['syncOptions']).includes(createNamespaceOption),
    automated: policy['automated'] !== undefined && automated['enabled'] !== false,
    prune: automated['prune'] === true,
    selfHeal: automated['selfHeal'] === true,
    rest: app,
  };
}

/** What is missing or wrong, by field. */
export function draftProblems(
  draft: ApplicationDraft,
): Partial<Record<'name' | 'repoURL' | 'path' | 'cluster', string>> {
  const multiple = Array.isArray(record(draft.rest['spec'])['sources']);
  return {
    ...(!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(draft.name) && {
      name: 'A name has small letters, digits, dots and dashes, and starts and ends with a letter or digit.',
    }),
    ...(!multiple && draft.repoURL === '' && { repoURL: 'Say which repository holds the manifests.' }),
    ...(!multiple &&
      draft.path === '' &&
      draft.chart === '' && { path: 'Give a path in the repository (a dot for its root) or a chart.' }),
    ...(draft.cluster === '' && { cluster: 'Choose a cluster.' }),
  };
}

function destination(spec: Record<string, unknown>, cluster: string): Record<string, unknown> {
  const { name: _name, server: _server, ...kept } = record(spec['destination']);
  return /^https?:\/\//.test(cluster) ? { ...kept, server: cluster } : { ...kept, name: cluster };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
