import type { KubernetesObject } from '../kubernetes/object.ts';
import type { Health } from './health.ts';

export function customHealth(_object: KubernetesObject): Health | undefined {
  return undefined;
}
