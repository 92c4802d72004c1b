import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBareRepository, git } from './git-repository.ts';

/** The address that the files in `examples/` write for the Git server; replaced by the real one when they are imported. */
const placeholder = 'https://git.example.com';

/**
 * Makes one repository of each folder in `examples`, unless it exists: what a person pushed stays. When the server's
 * address differs from the one a repository was last given, a commit points it at the new one. Returns the names.
 */
export async function importExamples(options: { examples: string; root: string; gitURL: string }): Promise<string[]> {
  const entries = await readdir(options.examples, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  await Promise.all(names.map((name) => importExample({ ...options, name })));
  return names;
}

async function importExample(options: { examples: string; root: string; gitURL: string; name: string }): Promise<void> {
  const bare = join(options.root, `${options.name}.git`);
  const isNew = !existsSync(bare);
  const work = await mkdtemp(join(tmpdir(), 'lockstep-example-'));
  try {
    if (isNew) {
      await createBareRepository(bare);
      await cp(join(options.examples, options.name), work, { recursive: true });
      await git(work, 'init', '--quiet', '--initial-branch=main');
      await replaceAddress(work, placeholder, options.gitURL);
    } else {
      const previous = (await readFile(join(bare, 'lockstep-address'), 'utf8').catch(() => '')).trim();
      if (previous === '' || previous === options.gitURL) return;
      await git(work, 'clone', '--quiet', bare, '.');
      if (!(await replaceAddress(work, previous, options.gitURL))) {
        await writeFile(join(bare, 'lockstep-address'), `${options.gitURL}\n`);
        return;
      }
    }
    await git(work, 'add', '--all');
    await git(
      work,
      'commit',
      '--quiet',
      '--message',
      isNew ? `Add the ${options.name} example` : 'Point at the new address of the Git server',
    );
    await git(work, 'push', '--quiet', bare, 'HEAD:main');
    await writeFile(join(bare, 'lockstep-address'), `${options.gitURL}\n`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Replaces the address in every YAML file below `folder`; false when there was nothing to replace. */
async function replaceAddress(folder: string, from: string, to: string): Promise<boolean> {
  let replaced = false;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.ya?ml$/.test(entry.name) || entry.parentPath.includes('/.git')) continue;
    const file = join(entry.parentPath, entry.name);
    const text = await readFile(file, 'utf8');
    if (!text.includes(from)) continue;
    await writeFile(file, text.replaceAll(from, to));
    replaced = true;
  }
  return replaced;
}
