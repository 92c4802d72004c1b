import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { RenderError, TerminalError } from '@lockstep/core';
import { LRUCache } from 'lru-cache';
import semver from 'semver';
import { simpleGit } from 'simple-git';
import { openGitAccess, type RepositoryCredentials } from './credentials.ts';
import { checkRevision, type GitOptions, runGit } from './git-command.ts';
import { ObjectReader } from './object-reader.ts';
import { checkRepositoryUrl } from './repository-url.ts';
import { TreeSnapshot } from './tree-snapshot.ts';

/** What an Application tracks of a repository. */
export interface RevisionTarget {
  /** Branch, tag, commit, `refs/…`, version constraint, or '' for HEAD. */
  revision: string;
  tagPrefix?: string;
}

export interface CommitMetadata {
  revision: string;
  author: string;
  date: string;
  message: string;
  tags: string[];
}

export type GitCall = 'ls-remote' | 'fetch';

/** For simple-git, whose guard refuses variables that name configuration: an absent home has none either. */
const LOCAL_ENVIRONMENT = { PATH: '/usr/bin:/bin', HOME: '/nonexistent', LANG: 'C' };

const HEAD_REF = 'refs/lockstep/HEAD';
const FULL_ID = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const SHORT_ID = /^[0-9a-f]{7,63}$/;
/** Snapshots kept per repository: what is deployed, what was just pushed, one more for a tag. */
const SNAPSHOTS = 4;

/**
 * A bare mirror of one remote repository. It talks to the remote only in `fetch` and `isBehind`; all else reads the
 * local objects, through one long-lived reader. Calls that change it run one at a time.
 */
export class RepositoryMirror implements AsyncDisposable {
  readonly url: string;
  readonly #directory: string;
  readonly #options: GitOptions;
  readonly #reader: ObjectReader;
  readonly #onRemoteCall: (call: GitCall) => void;
  readonly #snapshots = new LRUCache<string, Promise<TreeSnapshot>>({ max: SNAPSHOTS });
  #newest: TreeSnapshot | undefined;
  #tags: Promise<Map<string, string>> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isCloned: boolean;

  constructor(url: string, options: GitOptions & { root: string; onRemoteCall?: (call: GitCall) => void }) {
    this.url = checkRepositoryUrl(url, options);
    this.#options = options;
    this.#directory = path.join(
      options.root,
      `${createHash('sha256').update(this.url).digest('hex').slice(0, 32)}.git`,
    );
    this.#reader = new ObjectReader(options, this.#directory);
    this.#onRemoteCall = options.onRemoteCall ?? (() => {});
    this.#isCloned = existsSync(path.join(this.#directory, 'HEAD'));
  }

  /** Whether there is anything local to read. */
  get isCloned(): boolean {
    return this.#isCloned;
  }

  /**
   * Brings the mirror up to date, with `ref` only that ref (and HEAD): one call to the remote whatever it brings. The
   * first call copies the repository.
   */
  async fetch(credentials: RepositoryCredentials, ref?: string): Promise<void> {
    await this.#exclusive(async () => {
      const isFirst = !this.#isCloned;
      const directory = isFirst ? `${this.#directory}.new` : this.#directory;
      if (isFirst) {
        await rm(directory, { recursive: true, force: true });
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await runGit(this.#options, directory, ['init', '--quiet', '--bare', '--initial-branch=lockstep', directory]);
      }
      const isNarrow = !isFirst && ref !== undefined && /^refs\/(heads|tags)\//.test(ref);
      const specs = isNarrow
        ? [`+${checkRevision(ref)}:${ref}`]
        : ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
      const fetch = (refspecs: string[]): Promise<void> =>
        this.#fetch(directory, credentials, isNarrow ? [] : ['--prune'], refspecs);
      try {
        await fetch([`+HEAD:${HEAD_REF}`, ...specs]);
      } catch (error) {
        // A remote whose HEAD names a branch that does not exist yet, and one that is empty, have no HEAD to fetch.
        if (!(error instanceof RenderError) || !/couldn't find remote ref HEAD/i.test(error.message)) throw error;
        await fetch(specs);
      }
      if (isFirst) {
        await rename(directory, this.#directory);
        this.#isCloned = true;
      }
      this.#tags = undefined;
    });
  }

  /** Asks the remote for its branches, tags and HEAD and compares: one call, nothing is transferred when equal. */
  async isBehind(credentials: RepositoryCredentials): Promise<boolean> {
    if (!this.#isCloned) return true;
    const remote = await this.remoteRefs(credentials);
    const local = await this.#localRefs();
    remote.delete('HEAD');
    const head = local.get(HEAD_REF);
    local.delete(HEAD_REF);
    const remoteHead = this.#remoteHead;
    if (remoteHead !== undefined && remoteHead !== head) return true;
    if (remote.size !== local.size) return true;
    for (const [name, id] of remote) if (local.get(name) !== id) return true;
    return false;
  }

  #remoteHead: string | undefined;

  /** The remote's HEAD, branches and tags by full name. */
  async remoteRefs(credentials: RepositoryCredentials): Promise<Map<string, string>> {
    await using access = await openGitAccess(this.url, credentials);
    this.#onRemoteCall('ls-remote');
    const output = await runGit(
      this.#options,
      this.#isCloned ? this.#directory : '/nonexistent',
      ['ls-remote', '--quiet', '--refs', '--end-of-options', this.url, 'HEAD', 'refs/heads/*', 'refs/tags/*'],
      { env: access.env, timeout: 30_000 },
    );
    const refs = new Map<string, string>();
    for (const line of output.toString('utf8').split('\n')) {
      const [id, name] = line.split('\t');
      if (id !== undefined && name !== undefined && (name === 'HEAD' || /^refs\/(heads|tags)\//.test(name)))
        refs.set(name, id);
    }
    this.#remoteHead = refs.get('HEAD');
    return refs;
  }

  /** Branches and tags by short name, from the mirror. */
  async branchesAndTags(): Promise<{ branches: string[]; tags: string[] }> {
    const names = [...(await this.#localRefs()).keys()];
    const short = (prefix: string): string[] =>
      names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    return { branches: short('refs/heads/'), tags: short('refs/tags/') };
  }

  /** The commit that a target means in the mirror; undefined when the mirror does not have it. */
  async resolve(target: RevisionTarget): Promise<string | undefined> {
    const revision = target.revision === '' ? 'HEAD' : target.revision;
    if (isVersionConstraint(revision)) {
      const tag = await this.#newestTag(revision, target.tagPrefix ?? '');
      if (tag !== undefined) return this.#commitOf(`refs/tags/${tag}`);
      // A branch may be called `1.x`.
    }
    if (revision === 'HEAD') return this.#commitOf(HEAD_REF);
    checkRevision(revision);
    const names = revision.startsWith('refs/') ? [revision] : [`refs/heads/${revision}`, `refs/tags/${revision}`];
    for (const name of names) {
      const commit = await this.#commitOf(name);
      if (commit !== undefined) return commit;
    }
    return SHORT_ID.test(revision) || FULL_ID.test(revision) ? this.#commitOf(revision) : undefined;
  }

  /** The tree of a commit. One git process per commit, however many applications read it. */
  async snapshot(commit: string): Promise<TreeSnapshot> {
    let snapshot = this.#snapshots.get(commit);
    if (snapshot === undefined) {
      snapshot = this.#readSnapshot(commit);
      this.#snapshots.set(commit, snapshot);
      snapshot.catch(() => this.#snapshots.delete(commit));
    }
    return snapshot;
  }

  /** The bytes of a blob. */
  async readBlob(id: string): Promise<Buffer> {
    return this.#reader.read(id);
  }

  /** Author, date and message of a commit. */
  async metadata(commit: string): Promise<CommitMetadata> {
    const id = await this.#commitOf(commit);
    if (id === undefined) throw this.#unknown(commit);
    // simple-git reads local history only: nothing here reaches a remote, and the id was resolved by git itself.
    const git = simpleGit({ baseDir: this.#directory, binary: this.#options.git, timeout: { block: 20_000 } }).env(
      LOCAL_ENVIRONMENT,
    );
    const [author = '', date = '', message = ''] = (
      await git.raw(['log', '-1', '--format=%an <%ae>%x00%aI%x00%B', id])
    ).split('\0');
    const tags = await this.#tagMap();
    return {
      revision: id,
      author,
      date,
      message: message.trimEnd(),
      tags: [...tags].filter(([, target]) => target === id).map(([name]) => name),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last.catch(() => {});
    this.#reader[Symbol.dispose]();
  }

  async #fetch(
    directory: string,
    credentials: RepositoryCredentials,
    flags: string[],
    refspecs: string[],
  ): Promise<void> {
    await using access = await openGitAccess(this.url, credentials);
    const depth = credentials.depth === undefined || credentials.depth <= 0 ? [] : [`--depth=${credentials.depth}`];
    this.#onRemoteCall('fetch');
    await runGit(
      this.#options,
      directory,
      [
        'fetch',
        '--quiet',
        '--force',
        '--no-tags',
        '--no-recurse-submodules',
        '--no-write-fetch-head',
        '--no-auto-maintenance',
        ...depth,
        ...flags,
        '--end-of-options',
        this.url,
        ...refspecs,
      ],
      { env: access.env, timeout: 300_000 },
    );
  }

  /** From the newest snapshot at hand, which differs in little; the first one reads the whole tree. */
  async #readSnapshot(commit: string): Promise<TreeSnapshot> {
    const base = this.#newest;
    const root = await this.#reader.resolve(`${commit}^{tree}`);
    if (root === undefined) throw this.#unknown(commit);
    const read = (args: string[]): Promise<Buffer> => runGit(this.#options, this.#directory, args);
    let snapshot: TreeSnapshot | undefined;
    if (base !== undefined) {
      const changes = await read(['diff-tree', '-r', '-t', '-z', '--end-of-options', base.commit, commit]).catch(
        // The commit of the base may be gone with the branch that had it.
        () => undefined,
      );
      snapshot = changes === undefined ? undefined : base.after(commit, root.id, changes.toString('utf8'));
    }
    if (snapshot === undefined) {
      const listing = await read(['ls-tree', '-r', '-t', '-z', '--full-tree', '--end-of-options', commit]);
      snapshot = new TreeSnapshot(commit, root.id, listing.toString('utf8'));
    }
    this.#newest = snapshot;
    return snapshot;
  }

  async #commitOf(name: string): Promise<string | undefined> {
    const found = await this.#reader.resolve(`${name}^{commit}`);
    return found?.type === 'commit' ? found.id : undefined;
  }

  async #newestTag(constraint: string, prefix: string): Promise<string | undefined> {
    const range = new semver.Range(constraint, { loose: true, includePrerelease: /-/.test(constraint) });
    let best: { tag: string; version: semver.SemVer } | undefined;
    for (const tag of (await this.#tagMap()).keys()) {
      if (!tag.startsWith(prefix)) continue;
      const version = semver.coerce(tag.slice(prefix.length), { includePrerelease: true });
      const exact =
        semver.parse(tag.slice(prefix.length), { loose: true }) ??
        (/^v?\d+(\.\d+){0,2}$/.test(tag.slice(prefix.length)) ? version : null);
      if (exact === null || !range.test(exact)) continue;
      if (best === undefined || semver.gt(exact, best.version)) best = { tag, version: exact };
    }
    return best?.tag;
  }

  #tagMap(): Promise<Map<string, string>> {
    this.#tags ??= runGit(this.#options, this.#directory, [
      'for-each-ref',
      '--format=%(refname:strip=2)%00%(objectname)%00%(*objectname)',
      'refs/tags',
    ]).then((output) => {
      const tags = new Map<string, string>();
      for (const line of output.toString('utf8').split('\n')) {
        const [name, id, peeled] = line.split('\0');
        if (name !== undefined && name !== '' && id !== undefined) tags.set(name, peeled || id);
      }
      return tags;
    });
    return this.#tags;
  }

  async #localRefs(): Promise<Map<string, string>> {
    const output = await runGit(this.#options, this.#directory, [
      'for-each-ref',
      '--format=%(refname) %(objectname)',
      'refs/heads',
      'refs/tags',
      HEAD_REF,
    ]);
    return new Map(
      output
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ') as [string, string]),
    );
  }

  #unknown(revision: string): TerminalError {
    return new TerminalError('RevisionUnknown', `repository ${this.url} has no revision "${revision}"`, {
      fix: 'Check targetRevision: a branch, a tag, a commit or a version constraint',
    });
  }

  async #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** `1.x`, `^1.2`, `>=1.0 <2`, `*`: matched against tags. A plain version such as `v1.2.3` is a tag name first. */
export function isVersionConstraint(revision: string): boolean {
  if (!/[*xX^~<>=|]|\s-\s/.test(revision) || /[/_]/.test(revision)) return false;
  return /\d|^\*$/.test(revision) && semver.validRange(revision, { loose: true }) !== null;
}
