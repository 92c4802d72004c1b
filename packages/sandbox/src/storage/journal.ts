import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../json.ts';
import type { StoredObject } from './internal-client.ts';

/** A log is folded into a snapshot when it has grown past this. */
const compactAfterBytes = 32 * 1024 * 1024;
const syncEveryMs = 100;

export interface Snapshot {
  revision: number;
  entries: { resource: string; object: StoredObject }[];
}

type Entry = { revision: number; resource: string } & ({ text: string } | { removed: string });

/**
 * The store on disk: a snapshot and the log of every commit after it, one JSON document a line. A commit is written to
 * the operating system before the client hears of it, so it survives the death of this process; it is forced to the
 * disk within a tenth of a second. A last line cut short by a crash is dropped. Compaction starts a new log first and
 * replaces the snapshot by a rename, so that at every moment snapshot plus logs are complete.
 */
export class Journal {
  private readonly folder: string;
  private log: { descriptor: number; number: number; bytes: number };
  private dirty = false;
  private compaction: Promise<void> | undefined;
  private readonly syncTimer: NodeJS.Timeout;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    const earlier = this.logNumbers();
    this.log = this.openLog((earlier.at(-1) ?? 0) + 1);
    // Logs of earlier lives count, so that many short lives are folded, too.
    for (const number of earlier) this.log.bytes += statSync(this.logPath(number)).size;
    this.syncTimer = setInterval(() => this.sync(), syncEveryMs);
    this.syncTimer.unref();
  }

  /** What was committed before this process started. */
  restore(): Snapshot {
    const objects = new Map<string, Snapshot['entries'][number]>();
    let revision = 0;
    const snapshot = join(this.folder, 'snapshot.jsonl');
    const files = [
      ...(existsSync(snapshot) ? [snapshot] : []),
      ...this.logNumbers().map((number) => this.logPath(number)),
    ];
    let snapshotRevision = 0;
    for (const file of files) {
      for (const line of readEntries(file)) {
        if (line['snapshot'] === true) {
          snapshotRevision = Number(line['revision']);
          revision = snapshotRevision;
          continue;
        }
        const resource = String(line['resource']);
        const entryRevision = Number(line['revision'] ?? 0);
        // A log older than the snapshot is left when a crash came between the rename and its removal.
        if (line['revision'] !== undefined && entryRevision <= snapshotRevision) continue;
        revision = Math.max(revision, entryRevision);
        if (typeof line['removed'] === 'string') objects.delete(`${resource} ${line['removed']}`);
        else {
          const object = line['object'] as StoredObject;
          objects.set(`${resource} ${object.metadata.namespace ?? ''}/${object.metadata.name}`, { resource, object });
        }
      }
    }
    return { revision, entries: [...objects.values()] };
  }

  append(entry: Entry): void {
    const head = `{"revision":${entry.revision},"resource":${JSON.stringify(entry.resource)},`;
    const tail = 'text' in entry ? `"object":${entry.text}}\n` : `"removed":${JSON.stringify(entry.removed)}}\n`;
    this.log.bytes += writeSync(this.log.descriptor, head + tail);
    this.dirty = true;
  }

  /** Starts a compaction in the background when the log is large and none is running. */
  compactWhenLarge(snapshot: () => Snapshot): void {
    if (this.log.bytes < compactAfterBytes || this.compaction !== undefined) return;
    this.compaction = this.compact(snapshot()).finally(() => {
      this.compaction = undefined;
    });
    // A snapshot that cannot be written costs disk space, not data: the logs stay.
    this.compaction.catch(() => {});
  }

  /** Replaces snapshot and logs by one snapshot. */
  async compact(snapshot: Snapshot): Promise<void> {
    const replaced = this.logNumbers();
    const previous = this.log;
    this.log = this.openLog(previous.number + 1);
    fsyncSync(previous.descriptor);
    closeSync(previous.descriptor);
    const temporary = join(this.folder, 'snapshot.next');
    const file = await open(temporary, 'w');
    try {
      await file.write(`{"snapshot":true,"revision":${snapshot.revision}}\n`);
      for (let start = 0; start < snapshot.entries.length; start += 200) {
        const lines = snapshot.entries.slice(start, start + 200).map((entry) => `${JSON.stringify(entry)}\n`);
        await file.write(lines.join(''));
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(this.folder, 'snapshot.jsonl'));
    for (const number of replaced) await rm(this.logPath(number), { force: true });
  }

  close(): void {
    clearInterval(this.syncTimer);
    this.sync();
    closeSync(this.log.descriptor);
  }

  private sync(): void {
    if (!this.dirty) return;
    this.dirty = false;
    fsyncSync(this.log.descriptor);
  }

  private openLog(number: number): { descriptor: number; number: number; bytes: number } {
    return { descriptor: openSync(this.logPath(number), 'a'), number, bytes: 0 };
  }

  private logPath(number: number): string {
    return join(this.folder, `log-${String(number).padStart(8, '0')}.jsonl`);
  }

  private logNumbers(): number[] {
    return readdirSync(this.folder)
      .map((name) => /^log-(\d+)\.jsonl$/.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }
}

function readEntries(file: string): Record<string, unknown>[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const entries = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    try {
      const entry: unknown = JSON.parse(line);
      if (isObject(entry)) entries.push(entry);
    } catch (error) {
      if (index < lines.length - 1) {
        throw new Error(
          `${file} line ${index + 1} is not JSON: the data folder is damaged. Remove the folder to start afresh`,
          {
            cause: error,
          },
        );
      }
    }
  }
  return entries;
}
