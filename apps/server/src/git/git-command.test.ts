import { expect, it } from 'vitest';
import { findGit, runGit } from './git-command.ts';

it('leaves the credentials of a URL out of what git says about it', async () => {
  const options = { git: findGit(undefined), allowFile: false };
  const url = 'http://ada:hunter2@127.0.0.1:1/app.git';
  const error = await runGit(options, '/nonexistent', ['ls-remote', '--end-of-options', url]).catch(
    (failure: unknown) => failure,
  );
  expect(String(error)).toContain('http://127.0.0.1:1/app.git');
  expect(String(error)).not.toContain('hunter2');
});
