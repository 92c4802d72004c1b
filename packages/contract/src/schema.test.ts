import { readFile } from 'node:fs/promises';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { expect, test } from 'vitest';

test('schema.d.ts is made of openapi.json as it is', async () => {
  const description = new URL('../openapi.json', import.meta.url);
  const types = astToString(await openapiTypescript(description));
  const written = await readFile(new URL('./schema.d.ts', import.meta.url), 'utf8');
  // Run `pnpm --filter @lockstep/contract generate` when this fails. What stands above `paths` is a banner.
  expect(written.slice(written.indexOf('export interface paths'))).toBe(
    types.slice(types.indexOf('export interface paths')),
  );
});
