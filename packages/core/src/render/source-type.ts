import type { ApplicationSource } from '../application/source.ts';
import { RenderError } from '../errors.ts';
import type { RenderOptions } from './render-request.ts';
import type { SourceType } from './rendered-manifests.ts';
import { cleanPath, type TreeReader } from './tree-reader.ts';

export const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

/**
 * The tool that renders a source: an explicit block decides, then Chart.yaml, then a kustomization, else a directory of
 * manifests. Throws `RenderError` when the path does not exist: a path that vanished must never look like an empty one.
 */
export async function detectSourceType(
  reader: TreeReader,
  source: ApplicationSource,
  options: Pick<RenderOptions, 'helm' | 'kustomize'>,
): Promise<SourceType> {
  const explicit = explicitSourceType(source);
  if (source.chart !== undefined && source.chart !== '') return explicit ?? 'Helm';
  const path = cleanPath(source.path ?? '');
  const entries = await reader.list(path);
  if (entries === undefined) {
    throw new RenderError('MissingPath', `${source.path ?? ''}: app path does not exist`, {
      fix: `Set spec.source.path to a directory of ${source.repoURL} at this revision, or restore the directory`,
    });
  }
  if (explicit !== undefined) return explicit;
  const names = new Set(entries.map((entry) => entry.name));
  if (options.helm.enabled && names.has('Chart.yaml')) return 'Helm';
  if (options.kustomize.enabled && KUSTOMIZATION_FILES.some((name) => names.has(name))) return 'Kustomize';
  return 'Directory';
}

/** The type that the specification states; undefined when it leaves it to the files. Throws when it states two. */
export function explicitSourceType(source: ApplicationSource): SourceType | undefined {
  const stated = TOOLS.filter(([field]) => isStated(source[field]));
  if (stated.length > 1) {
    throw new RenderError(
      'AmbiguousSourceType',
      `multiple application sources defined: ${stated.map(([, type]) => type).join(',')}`,
      { fix: 'Keep one of helm, kustomize, directory and plugin in the source (also in .argocd-source.yaml)' },
    );
  }
  return stated[0]?.[1];
}

const TOOLS = [
  ['helm', 'Helm'],
  ['kustomize', 'Kustomize'],
  ['directory', 'Directory'],
  ['plugin', 'Plugin'],
] as const;

/** An empty block says nothing, except `plugin: {}`, which asks for plugin discovery. */
function isStated(block: unknown): boolean {
  return typeof block === 'object' && block !== null && Object.keys(block).length > 0;
}
