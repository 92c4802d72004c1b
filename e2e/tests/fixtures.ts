/** The parts of an Application that the suite reads. */
export interface ApplicationLike {
  metadata: { name: string; annotations?: Record<string, string>; deletionTimestamp?: string };
  status?: {
    resources?: { kind: string; name: string; status?: string; health?: { status: string; message?: string } }[];
    sync?: { status?: string; revision?: string };
    health?: { status?: string; message?: string };
    conditions?: { type: string; message: string }[];
    history?: { id: number; revision: string }[];
    operationState?: {
      phase: string;
      startedAt: string;
      operation?: { info?: { name: string; value: string }[] };
      message?: string;
      finishedAt?: string;
      retryCount?: number;
      syncResult?: { revision?: string; resources?: Record<string, string>[] };
    };
  };
}

/** An Application of one folder; its namespace on the destination is its name and is created. */
export function application(
  name: string,
  spec: {
    repoURL?: string;
    path?: string;
    automated?: { prune?: boolean; selfHeal?: boolean; allowEmpty?: boolean };
    destination?: { server?: string; name?: string; namespace?: string };
    /** Besides CreateNamespace=true. */
    syncOptions?: string[];
    /** Further fields of the sync policy and of the spec. */
    syncPolicy?: Record<string, unknown>;
    more?: Record<string, unknown>;
  } = {},
): Record<string, unknown> {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL: spec.repoURL, path: spec.path ?? name, targetRevision: 'main' },
      destination: spec.destination ?? { name: 'in-cluster', namespace: name },
      syncPolicy: {
        ...(spec.automated === undefined ? {} : { automated: spec.automated }),
        syncOptions: ['CreateNamespace=true', ...(spec.syncOptions ?? [])],
        ...spec.syncPolicy,
      },
      ...spec.more,
    },
  };
}

export function configMap(
  name: string,
  data: Record<string, string>,
  annotations: Record<string, string> = {},
): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, data });
}

export function deployment(name: string, { replicas = 1, image = 'nginx:1.29' } = {}): string {
  const labels = { component: name };
  const template = { metadata: { labels }, spec: { containers: [{ name, image }] } };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec });
}

/** A Job that is a hook. */
export function hook(
  name: string,
  phase: string,
  command = 'echo done',
  annotations: Record<string, string> = {},
): string {
  const container = { name, image: 'busybox:1.37', command: ['sh', '-c', command] };
  return JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { 'argocd.argoproj.io/hook': phase, ...annotations } },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [container] } } },
  });
}
