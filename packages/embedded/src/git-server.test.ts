import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { git } from './git-repository.ts';
import { type GitServer, type PushedRef, startGitServer } from './git-server.ts';

let folder: string;
let server: GitServer;
let pushed: PushedRef[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'git-server-'));
  pushed = [];
  server = await startGitServer({ root: join(folder, 'served'), onPush: (ref) => pushed.push(ref) });
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function commit(work: string, file: string, text: string): Promise<string> {
  await writeFile(join(work, file), text);
  await git(work, 'add', '--all');
  await git(work, 'commit', '--quiet', '--message', `Write ${file}`);
  return git(work, 'rev-parse', 'HEAD');
}

async function newRepository(name: string): Promise<string> {
  const work = join(folder, name);
  await git(folder, 'init', '--quiet', '--initial-branch=main', work);
  return work;
}

test('a push to a name that does not exist creates the repository and is announced once', async () => {
  const work = await newRepository('one');
  const sha = await commit(work, 'a.yaml', 'kind: A\n');
  await git(work, 'push', '--quiet', `${server.url}/mine.git`, 'main');
  await expect
    .poll(() => pushed)
    .toEqual([{ repository: 'mine', ref: 'refs/heads/main', before: '0'.repeat(40), after: sha }]);
  expect(await git(folder, 'ls-remote', `${server.url}/mine.git`, 'HEAD')).toContain(sha);
});

test('a clone gives what was pushed, also when the request body is compressed', async () => {
  const work = await newRepository('two');
  for (let index = 0; index < 40; index += 1) await commit(work, `file-${index}.txt`, 'x'.repeat(200));
  await git(work, 'push', '--quiet', `${server.url}/big.git`, 'main');
  await git(folder, 'clone', '--quiet', `${server.url}/big.git`, 'copy');
  await commit(work, 'late.txt', 'late');
  await git(work, 'push', '--quiet', `${server.url}/big.git`, 'main');
  await git(join(folder, 'copy'), 'pull', '--quiet');
  expect(await readFile(join(folder, 'copy', 'late.txt'), 'utf8')).toBe('late');
});

test('a refused push is not announced', async () => {
  const work = await newRepository('three');
  await commit(work, 'a.txt', 'a');
  await git(work, 'push', '--quiet', `${server.url}/three.git`, 'main');
  await git(join(folder, 'served', 'three.git'), 'config', 'receive.denyNonFastForwards', 'true');
  await git(work, 'commit', '--quiet', '--amend', '--message', 'Other');
  await expect(git(work, 'push', '--quiet', '--force', `${server.url}/three.git`, 'main')).rejects.toThrow(
    /non-fast-forward/,
  );
  expect(pushed).toHaveLength(1);
});

test('cloning a repository that does not exist says how to create it', async () => {
  const answer = await fetch(`${server.url}/none.git/info/refs?service=git-upload-pack`);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('Push to create it');
});

test('a path that leaves the folder is not found', async () => {
  const answer = await fetch(`${server.url}/..%2Fetc.git/info/refs?service=git-upload-pack`);
  expect(answer.status).toBe(404);
});
