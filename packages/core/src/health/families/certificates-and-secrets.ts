import { byConditions, byPhase, firstOf, type HealthChecks } from './family.ts';

/** Issuing beats Ready: a certificate that is being renewed is on its way, not broken. */
const certificate = byConditions({ ready: ['Ready'], failed: [], busy: ['Issuing'], whenFalse: 'Degraded' });
const ready = byConditions({ ready: ['Ready'], failed: [], busy: [], whenFalse: 'Degraded' });
const synced = byConditions({ ready: ['Synced'], failed: [], busy: [], whenFalse: 'Degraded' });

export const certificateAndSecretChecks: HealthChecks = {
  'cert-manager.io/*': certificate,
  'certmanager.k8s.io/*': certificate,
  'acme.cert-manager.io/*': byPhase({
    words: { valid: 'Healthy', ready: 'Progressing', errored: 'Degraded', expired: 'Degraded' },
  }),
  'external-secrets.io/*': ready,
  'generators.external-secrets.io/*': ready,
  'bitnami.com/SealedSecret': synced,
  'onepassword.com/OnePasswordItem': ready,
  'isindir.github.com/SopsSecret': byPhase(),
  'kubernetes-client.io/ExternalSecret': byPhase({ at: ['status'] }),
  'secrets.hashicorp.com/*': firstOf(byConditions(), byPhase()),
  'k8s.keycloak.org/*': byConditions({
    ready: ['Ready', 'Done'],
    failed: ['HasErrors'],
    busy: ['Started', 'RollingUpdate'],
    whenFalse: 'Progressing',
  }),
};
