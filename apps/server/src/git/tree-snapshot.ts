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

/** All paths of one commit with their object ids, from a single git process. Paths are relative to the root, which is ''. */
export class TreeSnapshot {
  readonly commit: string;
  #directories = new Map<string, Directory>();

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

  /**
   * The snapshot of another commit, from what differs: `changes` is the output of `git diff-tree -r -t -z <this> <that>`. It
   * shares every directory that is the same, so it costs the change and not the repository.
   */
  after(commit: string, rootId: string, changes: string): TreeSnapshot {
    const next = new TreeSnapshot(commit, rootId, '');
    next.#directories = new Map(this.#directories);
    const own = new Set<string>();
    const entriesOf = (path: string): Map<string, SnapshotEntry> => {
      const directory = next.#directories.get(path);
      if (directory !== undefined && own.has(path)) return directory.entries;
      const entries = new Map(directory?.entries);
      next.#directories.set(path, { id: directory?.id ?? '', entries });
      own.add(path);
      return entries;
    };
    const found = parseChanges(changes);
    // A file that became a directory is removed and added under the same name.
    for (const { path, mode } of found.filter(({ isRemoved }) => isRemoved)) {
      if (mode === DIRECTORY) next.#directories.delete(path);
      if (next.#directories.has(parentOf(path))) entriesOf(parentOf(path)).delete(nameOf(path));
    }
    for (const { path, mode, id } of found.filter(({ isRemoved }) => !isRemoved)) {
      entriesOf(parentOf(path)).set(nameOf(path), entryOf(path, mode, id));
      if (mode !== DIRECTORY) continue;
      next.#directories.set(path, { id, entries: entriesOf(path) });
    }
    next.#directories.set('', { id: rootId, entries: entriesOf('') });
    return next;
  }

  /** The entries of a directory in no certain order, or undefined when there is none. */
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
    this.#directories.get(parentOf(path))?.entries.set(nameOf(path), entryOf(path, mode, id));
    if (mode === DIRECTORY) this.#directories.set(path, { id, entries: new Map() });
  }
}

const DIRECTORY = '040000';

interface TreeChange {
  path: string;
  /** Of the new entry; of the old one when it was removed. */
  mode: string;
  id: string;
  isRemoved: boolean;
}

/** `:<old mode> <new mode> <old id> <new id> <status>NUL<path>NUL`, directories before what is in them. */
function parseChanges(output: string): TreeChange[] {
  const fields = output.split('\0');
  const changes: TreeChange[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [oldMode = '', newMode = '', , newId = '', status = ''] = (fields[index] as string).slice(1).split(' ');
    const path = fields[index + 1] as string;
    const wasDirectory = oldMode === DIRECTORY;
    // A change of type is the end of one thing and the beginning of another.
    if (status === 'D' || (status === 'T' && wasDirectory !== (newMode === DIRECTORY)))
      changes.push({ path, mode: oldMode, id: '', isRemoved: true });
    if (status !== 'D') changes.push({ path, mode: newMode, id: newId, isRemoved: false });
  }
  return changes;
}

function entryOf(path: string, mode: string, id: string): SnapshotEntry {
  return { name: nameOf(path), type: typeOf(mode), id, isExecutable: mode === '100755' };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function typeOf(mode: string): EntryType {
  switch (mode) {
    case DIRECTORY:
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
