import type { RenderRequest, SourceType } from '@lockstep/core';
import type { WireResult } from './queue-call.ts';

export const RENDER_QUEUE = 'render';

/** Several applications in one job: rendering plain manifests costs less than a job. */
export interface RenderJob {
  requests: RenderRequest[];
  /** Sealed `RepositoryCredentials` by repository URL, base64. Only repositories that have some. */
  credentials: Record<string, string>;
}

/** What one source read. A commit that touches none of it leaves the manifests as they are. */
export interface RenderedInput {
  repoURL: string;
  revision: string;
  /** Files and directories; '' is the whole repository. */
  paths: string[];
  /** Something outside of the paths counts too: every new commit needs a render. */
  boundToRevision: boolean;
}

/** The manifests themselves are in Redis under the content key, sealed. */
export interface RenderAnswer {
  contentKey: string;
  revisions: string[];
  sourceTypes: SourceType[];
  warnings: string[];
  inputs: RenderedInput[];
  /** A tool or parser ran; false when the cache had it. */
  rendered: boolean;
}

export type RenderJobResult = WireResult<RenderAnswer>[];

/** What is stored under a content key. */
export interface StoredRender {
  manifests: { object: unknown; file?: string; line?: number }[];
  sourceTypes: SourceType[];
  warnings: string[];
}
