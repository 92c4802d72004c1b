/**
 * Every annotation, label and finalizer with a meaning here, by its exact key. They are Argo CD's, Helm's and kubectl's:
 * renaming one breaks repositories that rely on it.
 */

// On an Application.
export const ANNOTATION_REFRESH = 'argocd.argoproj.io/refresh';
export const ANNOTATION_REFRESH_TIMESTAMP = 'argocd.argoproj.io/refresh-timestamp';
export const ANNOTATION_HYDRATE = 'argocd.argoproj.io/hydrate';
export const ANNOTATION_HYDRATE_TIMESTAMP = 'argocd.argoproj.io/hydrate-timestamp';
export const ANNOTATION_MANIFEST_GENERATE_PATHS = 'argocd.argoproj.io/manifest-generate-paths';
/** Also on a cluster Secret: `true` stops processing. */
export const ANNOTATION_SKIP_RECONCILE = 'argocd.argoproj.io/skip-reconcile';
export const ANNOTATION_MANAGED_BY_URL = 'argocd.argoproj.io/managed-by-url';
/** RFC 3339 time: confirms prunes and deletions asked for before it. */
export const ANNOTATION_DELETION_APPROVED = 'argocd.argoproj.io/deletion-approved';
export const ANNOTATION_PREFIX_NOTICE = 'notice.argocd.argoproj.io/';
export const ANNOTATION_PREFIX_PREFERENCE = 'pref.argocd.argoproj.io/';

// On a resource.
/** Also on an Application. */
export const ANNOTATION_COMPARE_OPTIONS = 'argocd.argoproj.io/compare-options';
export const ANNOTATION_SYNC_OPTIONS = 'argocd.argoproj.io/sync-options';
export const ANNOTATION_SYNC_WAVE = 'argocd.argoproj.io/sync-wave';
export const ANNOTATION_HOOK = 'argocd.argoproj.io/hook';
export const ANNOTATION_HOOK_DELETE_POLICY = 'argocd.argoproj.io/hook-delete-policy';
export const ANNOTATION_IGNORE_HEALTHCHECK = 'argocd.argoproj.io/ignore-healthcheck';
export const ANNOTATION_IGNORE_RESTART_POLICY = 'argocd.argoproj.io/ignore-restart-policy';
export const ANNOTATION_IGNORE_RESOURCE_UPDATES = 'argocd.argoproj.io/ignore-resource-updates';
export const ANNOTATION_TRACKING_ID = 'argocd.argoproj.io/tracking-id';
export const ANNOTATION_INSTALLATION_ID = 'argocd.argoproj.io/installation-id';
export const ANNOTATION_MIGRATION_MANAGER = 'argocd.argoproj.io/client-side-apply-migration-manager';
export const ANNOTATION_IGNORE_DEFAULT_LINKS = 'argocd.argoproj.io/ignore-default-links';
/** Followed by any name; the value is `url` or `title|url`. */
export const ANNOTATION_PREFIX_LINK = 'link.argocd.argoproj.io/';
/** Default of `application.instanceLabelKey`. */
export const LABEL_INSTANCE = 'app.kubernetes.io/instance';

// Of Helm.
export const ANNOTATION_HELM_HOOK = 'helm.sh/hook';
export const ANNOTATION_HELM_HOOK_WEIGHT = 'helm.sh/hook-weight';
export const ANNOTATION_HELM_HOOK_DELETE_POLICY = 'helm.sh/hook-delete-policy';
export const ANNOTATION_HELM_RESOURCE_POLICY = 'helm.sh/resource-policy';

// Of Kubernetes.
export const ANNOTATION_LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
export const ANNOTATION_RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
export const ANNOTATION_DEPLOYMENT_REVISION = 'deployment.kubernetes.io/revision';
export const ANNOTATION_SERVICE_ACCOUNT_NAME = 'kubernetes.io/service-account.name';

// On Secrets and ConfigMaps that configure us.
export const LABEL_SECRET_TYPE = 'argocd.argoproj.io/secret-type';
export const LABEL_AUTO_CLUSTER_INFO = 'argocd.argoproj.io/auto-label-cluster-info';
export const LABEL_CLUSTER_KUBERNETES_VERSION = 'argocd.argoproj.io/kubernetes-version';
export const LABEL_PART_OF = 'app.kubernetes.io/part-of';

// Finalizers.
/** Cascade on deletion; the suffixed forms choose the propagation. */
export const FINALIZER_RESOURCES = 'resources-finalizer.argocd.argoproj.io';
export const FINALIZER_RESOURCES_FOREGROUND = 'resources-finalizer.argocd.argoproj.io/foreground';
export const FINALIZER_RESOURCES_BACKGROUND = 'resources-finalizer.argocd.argoproj.io/background';
export const FINALIZER_PRE_DELETE = 'pre-delete-finalizer.argocd.argoproj.io';
export const FINALIZER_PRE_DELETE_CLEANUP = 'pre-delete-finalizer.argocd.argoproj.io/cleanup';
export const FINALIZER_POST_DELETE = 'post-delete-finalizer.argocd.argoproj.io';
export const FINALIZER_POST_DELETE_CLEANUP = 'post-delete-finalizer.argocd.argoproj.io/cleanup';
/** On hook objects, so that their result is seen before they vanish. */
export const FINALIZER_HOOK = 'argocd.argoproj.io/hook-finalizer';

/** The field manager Argo CD applies with; ours too, so that objects change hands without a diff. */
export const FIELD_MANAGER = 'argocd-controller';

/** The names under which Argo CD, and so we, have written objects. */
export const OUR_MANAGERS: readonly string[] = [FIELD_MANAGER, 'argocd-application-controller'];

/** The trimmed, non-empty entries of a comma separated annotation. */
export function annotationList(object: { metadata: { annotations?: Record<string, string> } }, key: string): string[] {
  const value = object.metadata.annotations?.[key];
  if (value === undefined || value === null) return [];
  return String(value)
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
