export {
  findKubeBinaries,
  KubeApi,
  KubeApiError,
  type KubeCluster,
  type KubeClusterOptions,
  startKubeCluster,
  until,
} from '@lockstep/embedded';
export {
  type AdmissionAnswer,
  type AdmissionRequest,
  type AdmissionWebhook,
  startAdmissionWebhook,
} from './admission-webhook.ts';
export { ApiClient } from './api-client.ts';
export { WorkTree } from './work-tree.ts';
export { type TestCluster, World, type WorldOptions } from './world.ts';
