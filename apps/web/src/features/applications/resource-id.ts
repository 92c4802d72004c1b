import type { ResourceRef } from '../../lib/api-types.ts';

/** How a resource is named in addresses: `group/kind/namespace/name`, Argo CD's form. */
export function resourceId({ group, kind, namespace, name }: ResourceRef): string {
  return `${group ?? ''}/${kind}/${namespace ?? ''}/${name}`;
}

/** The inverse; undefined when the text is not such a name. Argo CD may append a container, which is ignored. */
export function parseResourceId(text: string): ResourceRef | undefined {
  const [group = '', kind, namespace = '', name] = text.split('/');
  return kind && name ? { group, kind, namespace, name } : undefined;
}
