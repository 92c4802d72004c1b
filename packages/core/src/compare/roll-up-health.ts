import type { Health } from '../health/health.ts';
import { worstHealth } from '../health/worst-health.ts';
import { isExcludedFromHealth } from '../kubernetes/compare-options.ts';
import { formatResourceKey, type ResourceKey } from '../kubernetes/resource-key.ts';
import type { ResourceComparison } from './comparison.ts';

/** How many culprits a message names before it counts the rest. */
const NAMED_CULPRITS = 3;

/**
 * The health of an application: the worst among its resources. Left out are hooks, resources without a health check,
 * those annotated `ignore-healthcheck: "true"`, the Application when it manages itself, and child Applications whose
 * health is Missing or Unknown. A resource without live object does not count either, unless nothing at all is live:
 * then the application is Missing.
 */
export function rollUpHealth(input: {
  resources: readonly ResourceComparison[];
  selfKey?: ResourceKey | undefined;
}): Health {
  const counted = input.resources.filter((resource) => counts(resource, input.selfKey));
  const live = counted.filter((resource) => resource.live !== undefined);
  if (live.length === 0) {
    const hasResources = input.resources.some((resource) => !resource.isHook && resource.target !== undefined);
    return { status: hasResources && !input.resources.some(isLiveResource) ? 'Missing' : 'Healthy' };
  }
  const status = worstHealth(live.map(({ health }) => health?.status ?? 'Healthy'));
  if (status === 'Healthy') return { status };
  const culprits = live.filter(({ health }) => health?.status === status);
  return { status, message: describeCulprits(culprits) };
}

function isLiveResource(resource: ResourceComparison): boolean {
  return !resource.isHook && resource.live !== undefined;
}

function counts(resource: ResourceComparison, selfKey: ResourceKey | undefined): boolean {
  const { key, health, isHook, target, live } = resource;
  if (isHook || health === undefined || resource.isManagedNamespace === true) return false;
  if (selfKey !== undefined && formatResourceKey(key) === formatResourceKey(selfKey)) return false;
  if ((target !== undefined && isExcludedFromHealth(target)) || (live !== undefined && isExcludedFromHealth(live))) {
    return false;
  }
  const isChildApplication = key.group === 'argoproj.io' && key.kind === 'Application';
  return !(isChildApplication && (health.status === 'Missing' || health.status === 'Unknown'));
}

function describeCulprits(culprits: readonly ResourceComparison[]): string {
  const named = culprits
    .slice(0, NAMED_CULPRITS)
    .map(({ key }) => `${key.kind}:${key.namespace === '' ? '' : `${key.namespace}/`}${key.name}`);
  const rest = culprits.length - named.length;
  return `Caused by ${named.join(', ')}${rest > 0 ? `, … and ${rest} more` : ''}`;
}
