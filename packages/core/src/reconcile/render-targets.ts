import type { AppProject } from '../application/app-project.ts';
import type { ApplicationSource } from '../application/source.ts';
import type { Condition } from '../compare/comparison.ts';
import { GitOpsError, WaitingError } from '../errors.ts';
import { parseManifests } from '../render/parse-manifests.ts';
import type { RenderOptions } from '../render/render-request.ts';
import type { RenderedManifest, SourceType } from '../render/rendered-manifests.ts';
import type { Settings } from '../settings/settings.ts';
import type { ReconcileFacts } from './reconcile-facts.ts';
import type { DestinationCluster, ReconcileWorld } from './reconcile-world.ts';

/** What Git wants: the targets with the revisions they come from; none for manifests that were sent along. */
export interface Targets {
  manifests: RenderedManifest[];
  revisions: string[];
  sources: ApplicationSource[];
  sourceTypes: SourceType[];
}

/**
 * Targets, or why there are none. A failure never looks like an empty result. `retryAfter` (milliseconds): nobody could
 * answer yet, which says nothing about the source.
 */
export type TargetsResult =
  | { targets: Targets; failure?: undefined }
  | { targets?: undefined; failure: Condition; retryAfter?: number };

/**
 * Stages 1 and 2: resolves revisions and renders. `fresh` asks the repositories themselves instead of their last known
 * answer. Trouble is a condition that names file, line and fix; what is no trouble with the source is thrown.
 */
export async function renderTargets(
  world: ReconcileWorld,
  facts: ReconcileFacts,
  cluster: DestinationCluster,
  { sources, fresh, manifests }: { sources: ApplicationSource[]; fresh: boolean; manifests?: string[] | undefined },
): Promise<TargetsResult> {
  const { application, project, key, settings } = facts;
  if (project === undefined) throw new Error('targets are rendered only for an application with a project');
  if (manifests !== undefined && manifests.length > 0) return localTargets(manifests, sources, project);
  try {
    // 1 revision
    const resolved = await world.resolveRevisions({ application, project, sources, fresh });
    // 2 render
    const rendered = await world.render({
      application: {
        name: key.name,
        namespace: key.namespace,
        instanceName: facts.instanceName,
        project: project.metadata.name ?? '',
      },
      destinationNamespace: facts.destinationNamespace,
      sources: resolved,
      kubeVersion: cluster.kubeVersion,
      apiVersions: cluster.apiVersions,
      options: renderOptions(settings),
      noCache: facts.refresh === 'hard',
    });
    const revisions = resolved.map(({ revision }) => revision);
    return { targets: { manifests: rendered.manifests, revisions, sources, sourceTypes: rendered.sourceTypes } };
  } catch (error) {
    if (!(error instanceof GitOpsError)) throw error;
    return {
      failure: { type: 'ComparisonError', message: `Failed to load target state: ${error.message}` },
      ...(error instanceof WaitingError ? { retryAfter: error.retryAfter } : {}),
    };
  }
}

const optionsOfSettings = new WeakMap<Settings, RenderOptions>();

/** The part of the settings that the renderer sees; one object per settings. */
function renderOptions(settings: Settings): RenderOptions {
  const known = optionsOfSettings.get(settings);
  if (known !== undefined) return known;
  const options: RenderOptions = {
    helm: settings.helm,
    kustomize: settings.kustomize,
    jsonnet: settings.jsonnet,
    maxDirectoryManifestBytes: settings.maxDirectoryManifestBytes,
    timeoutSeconds: settings.renderTimeoutSeconds,
  };
  optionsOfSettings.set(settings, options);
  return options;
}

/**
 * Manifests sent along with an operation, each a JSON or YAML text. They are of no revision, and no repository is asked.
 * The texts are Argo CD's.
 */
function localTargets(texts: readonly string[], sources: ApplicationSource[], { spec }: AppProject): TargetsResult {
  const { signatureKeys = [], sourceIntegrity } = spec;
  const proofs = [
    ...signatureKeys,
    ...(sourceIntegrity?.git?.policies ?? []),
    ...(sourceIntegrity?.helm?.policies ?? []),
  ];
  if (proofs.length > 0) {
    const message = 'Cannot use local manifests when source integrity is enforced';
    return { failure: { type: 'ComparisonError', message } };
  }
  try {
    const manifests = texts.flatMap((text, index) => parseManifests(text, { file: `local manifest ${index + 1}` }));
    return { targets: { manifests, revisions: [], sources, sourceTypes: sources.map(() => 'Directory') } };
  } catch (error) {
    if (!(error instanceof GitOpsError)) throw error;
    return { failure: { type: 'ComparisonError', message: `Failed to load local manifests: ${error.message}` } };
  }
}
