import type { KubernetesObject } from '../kubernetes/object.ts';

/** A target manifest and where it came from. */
export interface RenderedManifest {
  object: KubernetesObject;
  /** The file in the repository, relative to its root (for Helm the template's path, for Kustomize its kustomization). */
  file?: string;
  /** First line of the document in `file`, 1-based, where known. */
  line?: number;
}

export type SourceType = 'Directory' | 'Kustomize' | 'Helm' | 'Plugin';

/** What rendering one application gives: all of its sources, concatenated in order. */
export interface RenderedManifests {
  manifests: RenderedManifest[];
  /** One per source, in order: the commit (or chart version) rendered, never a branch. */
  revisions: string[];
  sourceTypes: SourceType[];
  /** Equal keys mean equal manifests: a hash over every input that was read. */
  contentKey: string;
  warnings: string[];
}
