export interface TreeEntry {
  name: string;
  type: 'file' | 'directory' | 'symlink' | 'submodule';
  /** Git object id (or another content hash): equal ids mean equal content, for a directory all the way down. */
  id: string;
}

/**
 * A repository at one revision. Paths are relative to its root, without a leading slash; '' is the root. The adapter
 * reads Git objects or an unpacked directory and never follows a link out of the repository.
 */
export interface TreeReader {
  /** The entries of a directory sorted by name; undefined when there is no such directory. */
  list(directory: string): Promise<TreeEntry[] | undefined>;
  /** The text of a file; undefined when there is none. */
  readFile(path: string): Promise<string | undefined>;
  /** Whether anything below the directory is a symbolic link or a submodule: its id then does not cover its content. */
  hasLinks(directory: string): Promise<boolean>;
}

/** The entry at a path; undefined when it does not exist. The root is a directory with an empty name. */
export async function entryAt(reader: TreeReader, path: string): Promise<TreeEntry | undefined> {
  const { directory, name } = splitPath(path);
  if (name === '') return (await reader.list('')) === undefined ? undefined : { name: '', type: 'directory', id: '' };
  return (await reader.list(directory))?.find((entry) => entry.name === name);
}

/**
 * Joins and cleans repository paths: `.` and `..` are resolved, a leading slash starts at the root. Undefined when the
 * result leaves the repository.
 */
export function joinPath(directory: string, path: string): string | undefined {
  const parts = path.startsWith('/') ? [] : directory.split('/').filter((part) => part !== '' && part !== '.');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** A path without leading `./`, trailing slashes and `.`; '' for the root. */
export function cleanPath(path: string): string {
  return joinPath('', path) ?? '';
}

export function splitPath(path: string): { directory: string; name: string } {
  const clean = cleanPath(path);
  const slash = clean.lastIndexOf('/');
  return slash < 0
    ? { directory: '', name: clean }
    : { directory: clean.slice(0, slash), name: clean.slice(slash + 1) };
}

/** Whether `path` is `directory` or lies below it. */
export function isWithin(path: string, directory: string): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`);
}
