import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TreeSnapshot } from './tree-snapshot.ts';

let work: string;
beforeEach(() => {
  work = mkdtempSync(path.join(tmpdir(), 'lockstep-tree-'));
  git('init', '-q', '-b', 'main');
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org'];
  return execFileSync('git', ['-C', work, ...identity, ...args], { encoding: 'utf8' });
}

function commit(): string {
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', 'change');
  return git('rev-parse', 'HEAD').trim();
}

function write(file: string, content = file): void {
  mkdirSync(path.dirname(path.join(work, file)), { recursive: true });
  writeFileSync(path.join(work, file), content);
}

const remove = (file: string): void => rmSync(path.join(work, file), { recursive: true });
const rootOf = (id: string): string => git('rev-parse', `${id}^{tree}`).trim();
const read = (id: string): TreeSnapshot => new TreeSnapshot(id, rootOf(id), git('ls-tree', '-r', '-t', '-z', id));

/** Everything a snapshot answers, directories included. */
function contentOf(snapshot: TreeSnapshot, directory = ''): unknown {
  const entries = snapshot.list(directory)?.map((entry) => {
    const location = directory === '' ? entry.name : `${directory}/${entry.name}`;
    expect(snapshot.entry(location)).toEqual(entry);
    return [location, entry, entry.type === 'directory' ? contentOf(snapshot, location) : undefined];
  });
  return [snapshot.entry(directory), entries?.sort()];
}

/** The snapshot of the present work tree, made from another one, after a check that it is what git lists. */
function next(before: TreeSnapshot): TreeSnapshot {
  const id = commit();
  const after = before.after(id, rootOf(id), git('diff-tree', '-r', '-t', '-z', before.commit, id));
  expect(contentOf(after)).toEqual(contentOf(read(id)));
  return after;
}

describe('TreeSnapshot.after', () => {
  it('is what git lists of the other commit, whatever became of files and directories', () => {
    for (const file of ['a.yaml', 'web/cm.yaml', 'web/base/x.yaml', 'api/deep/er/y.yaml', 'tools/run']) write(file);
    let snapshot = read(commit());
    const steps: (() => void)[] = [
      () => write('web/cm.yaml', 'other'),
      () => write('new/folder/of/z.yaml'),
      () => remove('api'),
      () => {
        remove('web/base');
        write('web/base', 'a file where a directory was');
      },
      () => {
        remove('a.yaml');
        write('a.yaml/now/a/directory.yaml');
      },
      () => chmodSync(path.join(work, 'tools/run'), 0o755),
      () => symlinkSync('../web/cm.yaml', path.join(work, 'tools/link')),
      () => {
        remove('tools/run');
        symlinkSync('link', path.join(work, 'tools/run'));
      },
      () => git('mv', 'web', 'renamed'),
      () => {},
      () => remove('new'),
      () => {
        write('web/base/x.yaml', 'back again');
        remove('renamed');
      },
    ];
    for (const step of steps) {
      step();
      snapshot = next(snapshot);
    }
  });

  it('leaves the snapshot it was made from as it was', () => {
    write('web/cm.yaml', 'one');
    write('api/cm.yaml', 'one');
    const before = read(commit());
    const content = contentOf(before);
    write('web/cm.yaml', 'two');
    write('web/more/cm.yaml');
    remove('api');
    const after = next(before);
    expect(contentOf(before)).toEqual(content);
    expect(after.changedFiles(before).sort()).toEqual(['api/cm.yaml', 'web/cm.yaml', 'web/more/cm.yaml']);
  });

  it('goes back in time as well', () => {
    write('web/cm.yaml', 'one');
    const old = commit();
    write('web/new/cm.yaml');
    const snapshot = read(commit());
    const back = snapshot.after(old, rootOf(old), git('diff-tree', '-r', '-t', '-z', snapshot.commit, old));
    expect(contentOf(back)).toEqual(contentOf(read(old)));
  });
});
