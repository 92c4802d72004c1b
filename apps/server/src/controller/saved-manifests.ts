import {
  type Application,
  RenderError,
  type RenderedManifests,
  type RenderRequest,
  TerminalError,
} from '@lockstep/core';
import type { DeploymentStore } from './deployment-store.ts';

/**
 * Renders; when the repository cannot give the commit any more (it is away, or history was rewritten) and exactly these
 * revisions of these sources were deployed before, the manifests kept from then stand in. A source that renders wrongly is
 * never covered up.
 */
export async function saveManifestsInstead(
  request: RenderRequest,
  application: Application | undefined,
  deployments: DeploymentStore,
  render: () => Promise<RenderedManifests>,
): Promise<RenderedManifests> {
  try {
    return await render();
  } catch (error) {
    const isGone =
      (error instanceof RenderError && error.code === 'GitFailed') ||
      (error instanceof TerminalError && error.code === 'RevisionUnknown');
    if (!isGone) throw error;
    const revisions = request.sources.map(({ revision }) => revision);
    const sources = JSON.stringify(request.sources.map(({ source }) => withoutRevision(source)));
    const entry = application?.status?.history?.findLast((candidate) => {
      const deployed = candidate.revisions ?? [candidate.revision ?? ''];
      const from = candidate.sources ?? (candidate.source === undefined ? [] : [candidate.source]);
      return (
        JSON.stringify(deployed) === JSON.stringify(revisions) && JSON.stringify(from.map(withoutRevision)) === sources
      );
    });
    const saved = entry === undefined ? undefined : await deployments.load(request.application, entry.id);
    if (saved === undefined) throw error;
    return {
      manifests: saved.manifests.map((object) => ({ object })),
      revisions,
      sourceTypes: request.sources.map(() => 'Directory' as const),
      contentKey: `deployment/${entry?.id}`,
      warnings: [`${error.message}; the manifests of deployment ${entry?.id} are used instead`],
    };
  }
}

function withoutRevision<T extends { targetRevision?: string | undefined }>(source: T): Omit<T, 'targetRevision'> {
  const { targetRevision: _revision, ...rest } = source;
  return rest;
}
