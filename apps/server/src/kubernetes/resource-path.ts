import type { ApiResource } from '@lockstep/core';

/** The collection of a resource: `/apis/apps/v1/namespaces/web/deployments`. An empty namespace means all of them. */
export function collectionPath(
  resource: { group: string; version: string; plural: string; namespaced?: boolean },
  namespace = '',
): string {
  const root =
    resource.group === ''
      ? `/api/${resource.version}`
      : `/apis/${encodeURIComponent(resource.group)}/${resource.version}`;
  const scope = namespace === '' || resource.namespaced === false ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${encodeURIComponent(resource.plural)}`;
}

/** One object, or with `subresource` a part of it. */
export function objectPath(
  resource: ApiResource,
  ref: { namespace: string; name: string },
  subresource?: string,
): string {
  const tail = subresource === undefined ? '' : `/${encodeURIComponent(subresource)}`;
  return `${collectionPath(resource, ref.namespace)}/${encodeURIComponent(ref.name)}${tail}`;
}
