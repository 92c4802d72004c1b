import { specOf } from '../fields.ts';
import { type HealthCheck, suspended } from '../health.ts';
import { byConditions, forKinds, type HealthChecks } from './family.ts';

/**
 * Flux leaves `Reconciling` set while it retries what failed, so Ready decides. Waiting for a dependency is no failure.
 */
const flux: HealthCheck = (object) => {
  if (specOf(object)['suspend'] === true) return suspended('Reconciliation is suspended');
  return byConditions({
    ready: ['Ready'],
    failed: ['Stalled'],
    busy: [],
    whenFalse: 'Degraded',
    busyReasons: ['Progressing', 'DependencyNotReady'],
  })(object);
};

export const fluxChecks: HealthChecks = {
  '*.toolkit.fluxcd.io/*': flux,
  'kustomize.toolkit.fluxcd.io/Kustomization': flux,
  'helm.toolkit.fluxcd.io/HelmRelease': flux,
  ...forKinds('source.toolkit.fluxcd.io', ['Bucket', 'GitRepository', 'HelmChart', 'OCIRepository'], flux),
  'helm.fluxcd.io/HelmRelease': byConditions({ ready: ['Released', 'Deployed'], whenFalse: 'Degraded' }),
  'flagger.app/Canary': byConditions({ ready: ['Promoted'], whenFalse: 'Degraded' }),
  'fluxcd.controlplane.io/*': flux,
};
