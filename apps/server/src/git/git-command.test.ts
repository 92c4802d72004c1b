import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { runGit } from './git-command.ts';

it('leaves the credentials of a URL out of what a git says about it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-git-'));
  const git = path.join(folder, 'git');
  writeFileSync(git, `#!/bin/sh\necho "fatal: no access to 'http://ada:hunter2@example.com/app.git'" >&2\nexit 128\n`, {
    mode: 0o700,
  });
  try {
    await expect(runGit({ git, allowFile: false }, folder, ['fetch'])).rejects.toThrow(
      "git fetch failed: fatal: no access to 'http://example.com/app.git'",
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
