import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type GitServer, startGitServer } from '@lockstep/embedded';

/** A repository with a work tree, served over smart HTTP on loopback. */
export class GitFixture implements AsyncDisposable {
  readonly root: string;
  readonly server: GitServer;
  readonly #work: string;
  readonly name: string;

  private constructor(root: string, server: GitServer, name: string) {
    this.root = root;
    this.server = server;
    this.name = name;
    this.#work = path.join(root, 'work');
  }

  static async create(name = 'apps'): Promise<GitFixture> {
    const root = mkdtempSync(path.join(tmpdir(), 'lockstep-git-'));
    const bare = path.join(root, 'served', `${name}.git`);
    mkdirSync(path.join(root, 'served'), { recursive: true });
    execFileSync('git', ['init', '-q', '--bare', '-b', 'main', bare]);
    execFileSync('git', ['init', '-q', '-b', 'main', path.join(root, 'work')]);
    const server = await startGitServer({ root: path.join(root, 'served') });
    const fixture = new GitFixture(root, server, name);
    fixture.git('remote', 'add', 'origin', bare);
    return fixture;
  }

  get url(): string {
    return `${this.server.url}/${this.name}.git`;
  }

  git(...args: string[]): string {
    return execFileSync(
      'git',
      ['-C', this.#work, '-c', 'user.name=Test', '-c', 'user.email=test@example.org', ...args],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    ).trim();
  }

  /** Writes files (null removes one), commits and pushes the current branch. Returns the commit. */
  commit(files: Record<string, string | null>, message = 'change'): string {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.#work, name);
      if (content === null) rmSync(file);
      else {
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    }
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', message);
    this.git('push', '-q', 'origin', 'HEAD');
    return this.git('rev-parse', 'HEAD');
  }

  /** A copy of the repository under another name, made on disk: git run from here must not call our own server. */
  publishAs(name: string): void {
    execFileSync('git', [
      'clone',
      '-q',
      '--bare',
      path.join(this.root, 'served', `${this.name}.git`),
      path.join(this.root, 'served', `${name}.git`),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
