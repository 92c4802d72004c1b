export { ApiClient } from './api-client.ts';
export { until } from './until.ts';
export { WorkTree } from './work-tree.ts';
export { World, type WorldOptions } from './world.ts';
