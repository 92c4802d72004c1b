import { byConditions, byFlag, byPhase, firstOf, forKinds, type HealthChecks } from './family.ts';

/** Issuing beats Ready: a certificate that is being renewed is on its way, not broken. */
const certificate = byConditions({ ready: ['Ready'], failed: [], busy: ['Issuing'], whenFalse: 'Degraded' });
/** A request is False with reason Pending until its issuer answered. */
const certificateRequest = byConditions({
  ready: ['Ready'],
  failed: ['Denied', 'InvalidRequest'],
  busy: [],
  whenFalse: 'Degraded',
  busyReasons: ['Pending'],
});
const ready = byConditions({ ready: ['Ready'], failed: [], busy: [], whenFalse: 'Degraded' });
const synced = byConditions({ ready: ['Synced'], failed: [], busy: [], whenFalse: 'Degraded' });

const keycloak = byConditions({
  ready: ['Ready', 'Done'],
  failed: ['HasErrors'],
  busy: ['Started', 'RollingUpdate'],
  whenFalse: 'Progressing',
});

export const certificateAndSecretChecks: HealthChecks = {
  ...forKinds('cert-manager.io', ['Certificate', 'ClusterIssuer', 'Issuer'], certificate),
  'cert-manager.io/CertificateRequest': certificateRequest,
  ...forKinds('certmanager.k8s.io', ['Certificate', 'ClusterIssuer', 'Issuer'], certificate),
  'trust.cert-manager.io/Bundle': synced,
  'acme.cert-manager.io/*': byPhase({
    words: { valid: 'Healthy', ready: 'Progressing', errored: 'Degraded', expired: 'Degraded' },
  }),
  ...forKinds(
    'external-secrets.io',
    ['ClusterExternalSecret', 'ClusterPushSecret', 'ClusterSecretStore', 'ExternalSecret', 'PushSecret', 'SecretStore'],
    ready,
  ),
  'bitnami.com/SealedSecret': synced,
  'onepassword.com/OnePasswordItem': ready,
  'isindir.github.com/SopsSecret': byPhase(),
  'kubernetes-client.io/ExternalSecret': byPhase({ at: ['status'] }),
  'secrets.hashicorp.com/*': firstOf(
    byConditions({ ready: ['Ready', 'Synced', 'Healthy'], whenFalse: 'by reason' }),
    byFlag('valid'),
    byPhase(),
  ),
  ...forKinds('k8s.keycloak.org', ['Keycloak', 'KeycloakRealmImport'], keycloak),
  'redhatcop.redhat.io/*': byConditions({
    ready: ['ReconcileSuccessful', 'ReconcileSuccess'],
    failed: ['ReconcileError'],
  }),
};
