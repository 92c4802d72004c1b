import { writeFile } from 'node:fs/promises';
import { describeApi } from './describe-api.ts';

// Writes packages/contract/openapi.json; `pnpm --filter @lockstep/contract generate` runs it.
const file = new URL('../../../packages/contract/openapi.json', import.meta.url);
await writeFile(file, `${JSON.stringify(await describeApi(), null, 2)}\n`);
process.exit(0);
