export { ApiClient } from './api-client.ts';
export { KubeApi, KubeApiError } from './kube/kube-api.ts';
export { findKubeBinaries } from './kube/kube-binaries.ts';
export { type KubeCluster, type KubeClusterOptions, startKubeCluster } from './kube/kube-cluster.ts';
export { until } from './until.ts';
export { WorkTree } from './work-tree.ts';
export { World, type WorldOptions } from './world.ts';
