import path from 'node:path';
import type { TreeEntry, TreeReader } from '@lockstep/core';
import { LRUCache } from 'lru-cache';
import type { RepositoryMirror } from './repository-mirror.ts';
import type { SnapshotEntry, TreeSnapshot } from './tree-snapshot.ts';

/** Texts by blob id: one file of many applications or commits is read once. */
const texts = new LRUCache<string, string>({ maxSize: 64 * 1024 * 1024, sizeCalculation: (text) => text.length + 64 });

const MAX_LINKS = 8;

/** One commit of a mirror as the renderer reads it: no checkout, symbolic links followed inside the repository only. */
export class MirrorTreeReader implements TreeReader {
  readonly mirror: RepositoryMirror;
  readonly snapshot: TreeSnapshot;

  constructor(mirror: RepositoryMirror, snapshot: TreeSnapshot) {
    this.mirror = mirror;
    this.snapshot = snapshot;
  }

  async list(directory: string): Promise<TreeEntry[] | undefined> {
    const real = await this.#resolveDirectory(directory);
    if (real === undefined) return undefined;
    const entries = this.snapshot.list(real)?.map(({ name, type, id }) => ({ name, type, id }));
    return entries?.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async readFile(file: string): Promise<string | undefined> {
    const entry = await this.#resolveFile(file);
    if (entry === undefined) return undefined;
    const known = texts.get(entry.id);
    if (known !== undefined) return known;
    const text = (await this.mirror.readBlob(entry.id)).toString('utf8');
    texts.set(entry.id, text);
    return text;
  }

  async hasLinks(directory: string): Promise<boolean> {
    for (const { entry } of this.snapshot.files(directory)) {
      if (entry.type === 'symlink' || entry.type === 'submodule') return true;
    }
    return false;
  }

  /** The id that stands for everything at a path; empty when there is nothing. */
  idOf(location: string): string {
    return this.snapshot.entry(location)?.id ?? '';
  }

  async #resolveFile(file: string): Promise<SnapshotEntry | undefined> {
    const real = await this.realPath(file);
    const entry = real === undefined ? undefined : this.snapshot.entry(real);
    return entry?.type === 'file' ? entry : undefined;
  }

  async #resolveDirectory(directory: string): Promise<string | undefined> {
    if (this.snapshot.list(directory) !== undefined) return directory;
    const real = await this.realPath(directory);
    return real !== undefined && this.snapshot.list(real) !== undefined ? real : undefined;
  }

  /** Where a path leads after its links; undefined when it does not exist or leads out of the repository. */
  async realPath(location: string): Promise<string | undefined> {
    let current = clean(location);
    for (let links = 0; current !== undefined && links <= MAX_LINKS; links++) {
      const link = this.#firstLink(current);
      if (link === undefined) return this.snapshot.entry(current) === undefined ? undefined : current;
      const target = (await this.mirror.readBlob(link.id)).toString('utf8');
      if (path.posix.isAbsolute(target)) return undefined;
      current = clean(path.posix.join(path.posix.dirname(link.path), target, link.rest));
    }
    return undefined;
  }

  #firstLink(location: string): { path: string; id: string; rest: string } | undefined {
    const parts = location.split('/');
    for (let length = 1; length <= parts.length; length++) {
      const prefix = parts.slice(0, length).join('/');
      const entry = this.snapshot.entry(prefix);
      if (entry?.type === 'symlink') return { path: prefix, id: entry.id, rest: parts.slice(length).join('/') };
      if (entry === undefined) return undefined;
    }
    return undefined;
  }
}

function clean(location: string): string | undefined {
  const normalized = path.posix.normalize(`./${location}`).replace(/\/+$/, '');
  if (normalized === '..' || normalized.startsWith('../')) return undefined;
  return normalized === '.' ? '' : normalized.replace(/^\.\//, '');
}
