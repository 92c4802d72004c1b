import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { git } from '@lockstep/embedded';

/** A clone to change and push, as a developer has it. */
export class WorkTree {
  readonly folder: string;
  readonly url: string;

  private constructor(folder: string, url: string) {
    this.folder = folder;
    this.url = url;
  }

  /** Clones `url`, or starts an empty `main` to be pushed there when it does not exist yet. */
  static async open(url: string): Promise<WorkTree> {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-work-tree-'));
    const exists = await git(folder, 'ls-remote', url, 'HEAD').then(
      (heads) => heads !== '',
      () => false,
    );
    if (exists) await git(folder, 'clone', '--quiet', url, '.');
    else {
      await git(folder, 'init', '--quiet', '--initial-branch=main');
      await git(folder, 'remote', 'add', 'origin', url);
    }
    return new WorkTree(folder, url);
  }

  /** Writes files (undefined deletes), commits and pushes. Returns the commit. */
  async push(files: Record<string, string | undefined>, message = 'Change'): Promise<string> {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.folder, path);
      if (text === undefined) await rm(file, { recursive: true, force: true });
      else {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text);
      }
    }
    await git(this.folder, 'add', '--all');
    await git(this.folder, 'commit', '--quiet', '--message', message);
    await git(this.folder, 'push', '--quiet', 'origin', 'HEAD:main');
    return git(this.folder, 'rev-parse', 'HEAD');
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
