type EntryType = 'file' | 'directory' | 'symlink' | 'submodule';

export interface SnapshotEntry {
  name: string;
  type: EntryType;
  /** Git object id: equal ids mean equal content, for directories of everything below. */
  id: string;
  isExecutable: boolean;
}

interface Directory {
  id: string;
  entries: Map<string, SnapshotEntry>;
}

/** All paths of one commit with their object ids, from a single `ls-tree`. Paths are relative to the root, which is ''. */
export class TreeSnapshot {
  readonly commit: string;
  readonly #directories = new Map<string, Directory>();

  /** `listing` is the output of `git ls-tree -r -t -z <commit>`, `rootId` the id of the commit's tree. */
  constructor(commit: string, rootId: string, listing: string) {
    this.commit = commit;
    this.#directories.set('', { id: rootId, entries: new Map() });
    for (let start = 0; start < listing.length; ) {
      const end = listing.indexOf('\0', start);
      const tab = listing.indexOf('\t', start);
      const mode = listing.slice(start, start + 6);
      const path = listing.slice(tab + 1, end);
      const id = listing.slice(listing.lastIndexOf(' ', tab) + 1, tab);
      this.#add(path, mode, id);
      start = end + 1;
    }
  }

  /** The entries of a directory in Git's order, or undefined when there is none. */
  list(directory: string): SnapshotEntry[] | undefined {
    const found = this.#directories.get(clean(directory));
    return found === undefined ? undefined : [...found.entries.values()];
  }

  /** One path, or undefined when the commit does not have it. The root has an empty name. */
  entry(path: string): SnapshotEntry | undefined {
    const cleaned = clean(path);
    if (cleaned === '') {
      return { name: '', type: 'directory', id: this.#directories.get('')?.id ?? '', isExecutable: false };
    }
    const slash = cleaned.lastIndexOf('/');
    return this.#directories.get(slash < 0 ? '' : cleaned.slice(0, slash))?.entries.get(cleaned.slice(slash + 1));
  }

  /** Every file below a directory, as full paths. */
  *files(directory: string): IterableIterator<{ path: string; entry: SnapshotEntry }> {
    const root = clean(directory);
    for (const entry of this.#directories.get(root)?.entries.values() ?? []) {
      const path = root === '' ? entry.name : `${root}/${entry.name}`;
      if (entry.type === 'directory') yield* this.files(path);
      else yield { path, entry };
    }
  }

  /** Files that differ between two commits, either way. Costs what differs: equal directories are not entered. */
  changedFiles(other: TreeSnapshot): string[] {
    const changed: string[] = [];
    const compare = (directory: string): void => {
      const mine = this.#directories.get(directory)?.entries;
      const theirs = other.#directories.get(directory)?.entries;
      for (const name of new Set([...(mine?.keys() ?? []), ...(theirs?.keys() ?? [])])) {
        const a = mine?.get(name);
        const b = theirs?.get(name);
        if (
          a !== undefined &&
          b !== undefined &&
          a.id === b.id &&
          a.type === b.type &&
          a.isExecutable === b.isExecutable
        )
          continue;
        const path = directory === '' ? name : `${directory}/${name}`;
        if (a?.type === 'directory' || b?.type === 'directory') compare(path);
        if ((a !== undefined && a.type !== 'directory') || (b !== undefined && b.type !== 'directory'))
          changed.push(path);
      }
    };
    compare('');
    return changed;
  }

  #add(path: string, mode: string, id: string): void {
    const slash = path.lastIndexOf('/');
    const parent = this.#directories.get(slash < 0 ? '' : path.slice(0, slash));
    const type = typeOf(mode);
    parent?.entries.set(path.slice(slash + 1), {
      name: path.slice(slash + 1),
      type,
      id,
      isExecutable: mode === '100755',
    });
    if (type === 'directory') this.#directories.set(path, { id, entries: new Map() });
  }
}

function typeOf(mode: string): EntryType {
  switch (mode) {
    case '040000':
      return 'directory';
    case '120000':
      return 'symlink';
    case '160000':
      return 'submodule';
    default:
      return 'file';
  }
}

/** `./a//b/` → `a/b`; `.` → ''. Paths with `..` have no entry, so they find nothing. */
function clean(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}
