import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RenderError } from '@lockstep/core';
import type { MirrorTreeReader } from '../git/mirror-tree-reader.ts';

/** Files and bytes one render may unpack. */
const MAX_FILES = 20_000;
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * A private folder for one render, gone afterwards. Files of a repository are written from Git's objects: links become
 * copies of what they point to, and one that leaves the repository is an error, so that no tool ever follows a link.
 */
export class WorkDirectory implements AsyncDisposable {
  readonly path: string;
  #files = 0;
  #bytes = 0;

  private constructor(directory: string) {
    this.path = directory;
  }

  static async create(): Promise<WorkDirectory> {
    const directory = await mkdtemp(path.join(tmpdir(), 'lockstep-render-'));
    await chmod(directory, 0o700);
    return new WorkDirectory(directory);
  }

  /** The absolute path of something inside. Throws when it would be outside. */
  resolve(...parts: string[]): string {
    const target = path.resolve(this.path, ...parts);
    if (target !== this.path && !target.startsWith(`${this.path}${path.sep}`)) {
      throw new RenderError('OutsideWorkDirectory', `${parts.join('/')} is outside of the repository`);
    }
    return target;
  }

  async write(relative: string, content: string | Buffer, isExecutable = false): Promise<string> {
    const target = this.resolve(relative);
    this.#files += 1;
    this.#bytes += content.length;
    if (this.#files > MAX_FILES || this.#bytes > MAX_BYTES) {
      throw new RenderError(
        'SourceTooLarge',
        `the source has more than ${MAX_FILES} files or ${MAX_BYTES / 1024 / 1024} MiB`,
        {
          fix: 'Point spec.source.path at a smaller directory',
        },
      );
    }
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(target, content, { mode: isExecutable ? 0o700 : 0o600 });
    return target;
  }

  async makeDirectory(relative: string): Promise<string> {
    const target = this.resolve(relative);
    await mkdir(target, { recursive: true, mode: 0o700 });
    return target;
  }

  /** Writes these paths of a repository below `root`, at the places they have there. Absent ones are left out. */
  async checkOut(reader: MirrorTreeReader, root: string, paths: readonly string[]): Promise<void> {
    for (const location of paths) await this.#copy(reader, root, location, location, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  async #copy(reader: MirrorTreeReader, root: string, from: string, to: string, depth: number): Promise<void> {
    if (depth > 8)
      throw new RenderError('LinkLoop', 'symbolic links lead in a circle', {
        file: to,
        fix: 'Replace the link by the file',
      });
    const entry = reader.snapshot.entry(from);
    if (entry === undefined || entry.type === 'submodule') return;
    if (entry.type === 'directory') {
      await this.makeDirectory(path.posix.join(root, to));
      for (const child of reader.snapshot.list(from) ?? []) {
        await this.#copy(reader, root, joined(from, child.name), joined(to, child.name), depth);
      }
      return;
    }
    if (entry.type === 'symlink') {
      const real = await reader.realPath(from);
      if (real === undefined) {
        throw new RenderError('LinkOutsideRepository', 'is a symbolic link out of the repository, or to nothing', {
          file: from,
          fix: 'Replace the link by the file',
        });
      }
      if (to.startsWith(`${real}/`))
        throw new RenderError('LinkLoop', 'is a symbolic link to a folder it lies in', {
          file: from,
          fix: 'Remove the link',
        });
      await this.#copy(reader, root, real, to, depth + 1);
      return;
    }
    await this.write(path.posix.join(root, to), await reader.mirror.readBlob(entry.id), entry.isExecutable);
  }
}

function joined(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}
