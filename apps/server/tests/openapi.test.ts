import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describeApi } from '../scripts/describe-api.ts';

const contract = new URL('../../../packages/contract/', import.meta.url);

test('the description in the contract is that of the routes as they are', async () => {
  const written: unknown = JSON.parse(await readFile(new URL('openapi.json', contract), 'utf8'));
  // Run `pnpm --filter @lockstep/contract generate` when this fails.
  expect(written).toEqual(JSON.parse(JSON.stringify(await describeApi())));
});
