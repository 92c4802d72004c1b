import type { ApplicationSource } from '../application/source.ts';
import type { KustomizeVersion } from '../settings/settings.ts';

/** A source with its revision resolved: a commit, a chart version or a digest, never a branch. */
export interface ResolvedSource {
  source: ApplicationSource;
  revision: string;
}

/** Everything that decides the manifests of an application. Plain data: it crosses the queue to the renderer. */
export interface RenderRequest {
  application: { name: string; namespace: string; instanceName: string; project: string };
  destinationNamespace: string;
  sources: ResolvedSource[];
  kubeVersion: string;
  apiVersions: string[];
  options: RenderOptions;
  /** Do not read the cache (a hard refresh); the result is stored again. */
  noCache: boolean;
}

/** The part of the settings that reaches the tools. */
export interface RenderOptions {
  helm: { enabled: boolean; valuesFileSchemes: string[] };
  kustomize: { enabled: boolean; buildOptions: string; versions: Record<string, KustomizeVersion> };
  jsonnet: { enabled: boolean };
  maxDirectoryManifestBytes: number;
  timeoutSeconds: number;
}
