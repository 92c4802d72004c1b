import { annotating, type BuiltInAction, icons, now, suspension } from '../resource-action.ts';

const reconcile = annotating({ name: 'reconcile', displayName: 'Reconcile', iconClass: icons.refresh }, () => ({
  'reconcile.fluxcd.io/requestedAt': now(),
}));

const RECONCILED = [
  'helm.toolkit.fluxcd.io/HelmRelease',
  'kustomize.toolkit.fluxcd.io/Kustomization',
  'image.toolkit.fluxcd.io/ImageRepository',
  'image.toolkit.fluxcd.io/ImageUpdateAutomation',
  'notification.toolkit.fluxcd.io/Receiver',
  'source.toolkit.fluxcd.io/Bucket',
  'source.toolkit.fluxcd.io/GitRepository',
  'source.toolkit.fluxcd.io/HelmChart',
  'source.toolkit.fluxcd.io/HelmRepository',
  'source.toolkit.fluxcd.io/OCIRepository',
];

const SUSPENDED_ONLY = ['notification.toolkit.fluxcd.io/Alert', 'notification.toolkit.fluxcd.io/Provider'];

export const flux: Record<string, BuiltInAction[]> = {
  ...Object.fromEntries(RECONCILED.map((kind) => [kind, [reconcile, ...suspension]])),
  ...Object.fromEntries(SUSPENDED_ONLY.map((kind) => [kind, suspension])),
};
