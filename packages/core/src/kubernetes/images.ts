import type { KubernetesObject } from './object.ts';

/**
 * The container images an object names, sorted and without repetition: of every `containers`, `initContainers` and
 * `ephemeralContainers` list wherever a pod specification can sit (Pod, template, job template, custom workloads).
 */
export function imagesOf(object: KubernetesObject): string[] {
  const spec = object['spec'];
  if (!isRecord(spec)) return [];
  const images = new Set<string>();
  collect(spec, images, 0);
  return [...images].sort();
}

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;
/** The members that lead from a workload's spec to its pod specification; nothing else is searched. */
const PATHS = ['template', 'jobTemplate', 'spec', 'podTemplate', 'templates', 'workloadSpec'] as const;
/** CronJob needs spec → jobTemplate → spec → template → spec; one more for a wrapping custom resource. */
const MAX_DEPTH = 6;

function collect(value: Record<string, unknown>, images: Set<string>, depth: number): void {
  for (const list of CONTAINER_LISTS) {
    const containers = value[list];
    if (!Array.isArray(containers)) continue;
    for (const container of containers) {
      if (isRecord(container) && typeof container['image'] === 'string' && container['image'] !== '') {
        images.add(container['image']);
      }
    }
  }
  if (depth === MAX_DEPTH) return;
  for (const path of PATHS) {
    const next = value[path];
    if (isRecord(next)) collect(next, images, depth + 1);
    else if (Array.isArray(next)) {
      for (const item of next) if (isRecord(item)) collect(item, images, depth + 1);
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
