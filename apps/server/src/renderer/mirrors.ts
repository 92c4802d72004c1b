import { TerminalError } from '@lockstep/core';
import type { RepositoryCredentials } from '../git/credentials.ts';
import type { GitOptions } from '../git/git-command.ts';
import { MirrorTreeReader } from '../git/mirror-tree-reader.ts';
import { type GitCall, RepositoryMirror } from '../git/repository-mirror.ts';
import { normalizeRepositoryUrl } from '../git/repository-url.ts';

/** The mirrors of this renderer, one per repository whatever form its URL has. */
export class Mirrors implements AsyncDisposable {
  readonly #options: GitOptions & { root: string };
  readonly #onRemoteCall: (url: string, call: GitCall) => void;
  readonly #mirrors = new Map<string, RepositoryMirror>();
  readonly #fetching = new Map<string, Promise<void>>();

  constructor(options: GitOptions & { root: string; onRemoteCall?: (url: string, call: GitCall) => void }) {
    this.#options = options;
    this.#onRemoteCall = options.onRemoteCall ?? (() => {});
  }

  of(url: string): RepositoryMirror {
    // Case can matter to the server although it does not to the comparison, so the path keeps it.
    const key = `${normalizeRepositoryUrl(url)} ${url}`;
    let mirror = this.#mirrors.get(key);
    if (mirror === undefined) {
      mirror = new RepositoryMirror(url, { ...this.#options, onRemoteCall: (call) => this.#onRemoteCall(url, call) });
      this.#mirrors.set(key, mirror);
    }
    return mirror;
  }

  /** Fetches; calls that come while the same fetch waits or runs share it, because it will bring what they want. */
  async fetch(url: string, credentials: RepositoryCredentials, ref?: string): Promise<void> {
    const key = `${url} ${ref ?? '*'}`;
    let fetching = this.#fetching.get(key);
    if (fetching === undefined) {
      fetching = this.of(url)
        .fetch(credentials, ref)
        .finally(() => this.#fetching.delete(key));
      this.#fetching.set(key, fetching);
    }
    return fetching;
  }

  /** A reader of one commit; fetches when the mirror does not have it yet. */
  async reader(url: string, commit: string, credentials: RepositoryCredentials): Promise<MirrorTreeReader> {
    const mirror = this.of(url);
    const has = async (): Promise<boolean> =>
      mirror.isCloned && (await mirror.resolve({ revision: commit })) !== undefined;
    if (!(await has())) {
      await this.fetch(url, credentials);
      if (!(await has())) {
        throw new TerminalError('RevisionUnknown', `repository ${url} has no commit ${commit}`, {
          fix: 'It may have been removed by a forced push; sync another revision',
        });
      }
    }
    return new MirrorTreeReader(mirror, await mirror.snapshot(commit));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#mirrors.values()].map((mirror) => mirror[Symbol.asyncDispose]()));
  }
}
