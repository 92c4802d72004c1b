import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { OpenApiSchema } from '@lockstep/structured-merge';

/** The components of every built-in kind, by the name the API server publishes. */
interface BuiltInOpenApi {
  components: Record<string, OpenApiSchema>;
}

const fileName = 'kubernetes-openapi.json';
/** In the source tree, and beside the bundle. */
const candidates = [`../../generated/${fileName}`, `./${fileName}`, `./generated/${fileName}`];
const generator = '../../scripts/generate-openapi.ts';

let loaded: BuiltInOpenApi | undefined;

/**
 * The built-in OpenAPI, read once. In the source tree a missing file is generated first, which takes about a second.
 * Throws when neither the file nor its generator is there.
 */
export function loadBuiltInOpenApi(): BuiltInOpenApi {
  loaded ??= JSON.parse(readFileSync(locateOpenApi(), 'utf8')) as BuiltInOpenApi;
  return loaded;
}

/** Makes sure that the generated file exists; returns its path, so that a build can copy it beside the bundle. */
export function ensureOpenApi(): string {
  return locateOpenApi();
}

function locateOpenApi(): string {
  const existing = candidates.map(pathOf).find((path) => existsSync(path));
  if (existing !== undefined) return existing;
  const script = pathOf(generator);
  if (!existsSync(script)) {
    throw new Error(
      `${fileName} is missing. Run pnpm --filter @lockstep/sandbox generate and place it beside the bundle`,
    );
  }
  execFileSync(process.execPath, ['--import', 'tsx', script], { cwd: pathOf('../..'), stdio: 'pipe' });
  return pathOf(`../../generated/${fileName}`);
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
