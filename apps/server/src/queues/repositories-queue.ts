import type { CommitMetadata, RevisionTarget } from '../git/repository-mirror.ts';

export const REPOSITORIES_QUEUE = 'repositories';

interface RepositoryCall {
  url: string;
  /** Sealed `RepositoryCredentials`, base64; absent for anonymous access. */
  credentials?: string;
}

/** Questions about one repository. Git runs in the renderer only. */
export type RepositoryJob =
  | (RepositoryCall & {
      kind: 'resolve';
      targets: RevisionTarget[];
      /** `cached` answers from the mirror, `check` asks the remote whether it moved, `fetch` knows that it did. */
      freshness: 'cached' | 'check' | 'fetch';
      /** With `fetch`: only this ref moved. */
      ref?: string;
      /** With `fetch`: where it moved to; nothing is fetched when the mirror is there already. */
      commit?: string;
      /** The commits the caller knows, to be told what changed since. */
      known: Record<string, string>;
    })
  | (RepositoryCall & { kind: 'resolve-chart'; chart: string; revision: string; isOci: boolean })
  | (RepositoryCall & { kind: 'changes'; from: string; to: string })
  | (RepositoryCall & { kind: 'metadata'; revision: string })
  | (RepositoryCall & { kind: 'chart-metadata'; chart: string; revision: string; isOci: boolean })
  | (RepositoryCall & { kind: 'refs' })
  | (RepositoryCall & { kind: 'applications'; revision: string })
  | (RepositoryCall & { kind: 'charts' })
  | (RepositoryCall & { kind: 'test'; type: 'git' | 'helm' | 'oci' });

/** A job without credentials; whoever sends it adds them. */
export type RepositoryQuestion = {
  [K in RepositoryJob['kind']]: Omit<Extract<RepositoryJob, { kind: K }>, 'credentials'>;
}[RepositoryJob['kind']];

export interface ResolvedTargets {
  /** By `targetKey`; absent when the repository has no such revision. */
  commits: Record<string, string>;
  /** By `targetKey`: files that differ from the known commit; absent when equal, null when everything may have changed. */
  changes: Record<string, { from: string; to: string; files: string[] | null }>;
  /** The remote was asked. */
  contacted: boolean;
}

export interface DiscoveredApplication {
  path: string;
  type: 'Helm' | 'Kustomize' | 'Directory';
}

export interface RepositoryAnswers {
  resolve: ResolvedTargets;
  'resolve-chart': { version: string };
  /** null: everything may have changed. */
  changes: { files: string[] | null };
  metadata: CommitMetadata;
  'chart-metadata': { description: string; maintainers: string[]; home: string };
  refs: { branches: string[]; tags: string[] };
  applications: { items: DiscoveredApplication[] };
  charts: { items: { name: string; versions: string[] }[] };
  test: Record<string, never>;
}

/** Names a target in answers. */
export function targetKey(target: RevisionTarget): string {
  return target.tagPrefix === undefined || target.tagPrefix === ''
    ? target.revision
    : `${target.tagPrefix}\n${target.revision}`;
}
