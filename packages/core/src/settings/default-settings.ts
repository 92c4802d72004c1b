import { DEFAULT_TRACKING } from '../kubernetes/tracking.ts';
import type { ResourceFilter, Settings } from './settings.ts';

/** Kinds that are pure noise or pure request; nobody keeps them in Git. Always excluded, whatever is configured. */
export const BUILT_IN_EXCLUSIONS: readonly ResourceFilter[] = [
  { apiGroups: ['events.k8s.io', 'metrics.k8s.io'], kinds: ['*'], clusters: ['*'] },
  { apiGroups: [''], kinds: ['Event'], clusters: ['*'] },
  { apiGroups: ['coordination.k8s.io'], kinds: ['Lease'], clusters: ['*'] },
];

/** What applies when argocd-cm says nothing. */
export const DEFAULT_SETTINGS: Settings = {
  reconciliation: { timeoutSeconds: 120, jitterSeconds: 60, hardTimeoutSeconds: 0 },
  tracking: DEFAULT_TRACKING,
  exclusions: [...BUILT_IN_EXCLUSIONS],
  inclusions: [],
  customizations: [],
  compareOptions: {
    ignoreAggregatedRoles: false,
    ignoreResourceStatusField: 'all',
    ignoreDifferencesOnResourceUpdates: true,
  },
  ignoreResourceUpdatesEnabled: true,
  serverSideDiff: true,
  respectRBAC: '',
  sensitiveAnnotations: [],
  customLabels: [],
  includeEventLabelKeys: [],
  excludeEventLabelKeys: [],
  allowedNodeLabels: [],
  inClusterEnabled: true,
  globalProjects: [],
  applicationNamespaces: [],
  helm: { enabled: true, valuesFileSchemes: ['https', 'http'] },
  kustomize: { enabled: true, buildOptions: '', versions: {} },
  jsonnet: { enabled: true },
  impersonation: { enabled: false, enforced: true },
  selfHeal: { timeoutSeconds: 0, backoff: { timeoutSeconds: 2, factor: 3, capSeconds: 300 } },
  syncTimeoutSeconds: 0,
  pruneLimit: { percent: 50, minimum: 10 },
  syncWaveDelaySeconds: 2,
  repositoryErrorGraceSeconds: 180,
  persistResourceHealth: true,
  maxDirectoryManifestBytes: 10 * 1024 * 1024,
  renderTimeoutSeconds: 90,
};
