import type { ApplicationSource } from '../application/source.ts';
import { dependsOnRevision } from './build-environment.ts';
import type { RenderRequest } from './render-request.ts';
import type { SourceType } from './rendered-manifests.ts';

/** One source of a render, with everything it reads named by content. */
export interface ContentKeySource {
  /** After overrides from the repository. */
  source: ApplicationSource;
  type: SourceType;
  revision: string;
  /** Path (with its ref, when in another repository) to the id of its tree or file; absent ones have an empty id. */
  inputs: { path: string; ref?: string; id: string }[];
  boundToRevision: boolean;
}

/**
 * Equal keys mean equal manifests: a SHA-256 over every input of a render. What decides: the content of every path that is
 * read, the source with its parameters, names and namespace, the cluster's versions, the tools' versions and options.
 * The commit itself counts only where something depends on it.
 */
export async function contentKey(
  request: Pick<RenderRequest, 'application' | 'destinationNamespace' | 'kubeVersion' | 'apiVersions' | 'options'>,
  sources: readonly ContentKeySource[],
  toolVersions: Record<string, string>,
): Promise<string> {
  const facts = {
    schema: 1,
    application: request.application,
    destinationNamespace: request.destinationNamespace,
    options: request.options,
    sources: sources.map(({ source, type, revision, inputs, boundToRevision }) => ({
      type,
      source: withoutRevision(source),
      inputs: [...inputs].sort((a, b) => (`${a.ref ?? ''}:${a.path}` < `${b.ref ?? ''}:${b.path}` ? -1 : 1)),
      // A chart from a Helm repository is named by its version, which is its revision.
      ...(boundToRevision || isChart(source) || dependsOnRevision(source) ? { revision } : {}),
    })),
    // Plain directories do not look at the cluster or at tools: upgrades must not render them again.
    ...(sources.every(({ type }) => type === 'Directory')
      ? {}
      : { kubeVersion: request.kubeVersion, apiVersions: [...request.apiVersions].sort(), toolVersions }),
  };
  const bytes = new TextEncoder().encode(canonicalJson(facts));
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The branch name decides nothing once it is resolved, unless a build variable mentions it. */
function withoutRevision(source: ApplicationSource): unknown {
  if (source.plugin !== undefined || JSON.stringify(source).includes('ARGOCD_APP_SOURCE_TARGET_REVISION'))
    return source;
  const { targetRevision: _revision, ...rest } = source;
  return rest;
}

function isChart(source: ApplicationSource): boolean {
  return source.chart !== undefined && source.chart !== '';
}

/** JSON with sorted keys. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
