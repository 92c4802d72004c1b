import { globMatch } from '../application/glob.ts';
import type { DirectorySource } from '../application/source.ts';
import { RenderError } from '../errors.ts';
import { manifestsOf, parseManifests, SKIP_FILE_MARKER } from './parse-manifests.ts';
import type { RenderedManifest } from './rendered-manifests.ts';
import { cleanPath, joinPath, type TreeReader } from './tree-reader.ts';

const MANIFEST_FILE = /\.(yaml|yml|json|jsonnet)$/;

/** The files of a directory source in lexical order, as paths from the repository root. */
export async function directoryFiles(
  reader: TreeReader,
  path: string,
  directory: DirectorySource = {},
): Promise<string[]> {
  const root = cleanPath(path);
  const files: string[] = [];
  const pending = [''];
  for (let relative = pending.shift(); relative !== undefined; relative = pending.shift()) {
    for (const entry of (await reader.list(joinPath(root, relative) ?? root)) ?? []) {
      const name = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.type === 'directory') {
        if (directory.recurse === true) pending.push(name);
      } else if (entry.type !== 'submodule' && isIncluded(name, entry.name, directory)) files.push(name);
    }
  }
  return files.sort().map((name) => (root === '' ? name : `${root}/${name}`));
}

/** Include and exclude see the path relative to the source's path. */
function isIncluded(relative: string, name: string, directory: DirectorySource): boolean {
  if (directory.disableExtensionFilter !== true && !MANIFEST_FILE.test(name)) return false;
  const { include = '', exclude = '' } = directory;
  if (exclude !== '' && (globMatch(exclude, relative) || relative === exclude)) return false;
  return include === '' || globMatch(include, relative);
}

/**
 * Renders a directory of plain manifests. `evaluateJsonnet` runs a Jsonnet file and answers its value; without it a
 * Jsonnet file is an error that says so. Throws `RenderError` with file and line.
 */
export async function renderDirectory(
  reader: TreeReader,
  path: string,
  directory: DirectorySource,
  options: { maxBytes: number; evaluateJsonnet?: (file: string) => Promise<unknown> },
): Promise<RenderedManifest[]> {
  const manifests: RenderedManifest[] = [];
  let bytes = 0;
  for (const file of await directoryFiles(reader, path, directory)) {
    if (file.endsWith('.jsonnet')) {
      if (options.evaluateJsonnet === undefined) throw jsonnetMissing(file);
      manifests.push(...manifestsOf(await options.evaluateJsonnet(file), { file }));
      continue;
    }
    const text = await reader.readFile(file);
    if (text === undefined) {
      throw new RenderError('UnreadableFile', 'cannot be read', {
        file,
        fix: 'A link that leaves the repository is not followed: replace it by the file',
      });
    }
    bytes += text.length;
    if (bytes > options.maxBytes) {
      throw new RenderError('DirectoryTooLarge', `the manifests are larger than ${options.maxBytes} bytes together`, {
        file,
        fix: 'Narrow the source with directory.include, or raise reposerver.max.combined.directory.manifests.size',
      });
    }
    if (text.includes(SKIP_FILE_MARKER)) continue;
    manifests.push(...parseFile(text, file));
  }
  return manifests;
}

/** YAML that is broken and does not even look like a manifest belongs to another tool. */
function parseFile(text: string, file: string): RenderedManifest[] {
  try {
    return parseManifests(text, { file });
  } catch (error) {
    if (error instanceof RenderError && !/\b(apiVersion|kind|metadata)\b/.test(text)) return [];
    throw error;
  }
}

function jsonnetMissing(file: string): RenderError {
  return new RenderError('JsonnetUnavailable', 'is Jsonnet, and no jsonnet binary is installed for the renderer', {
    file,
    fix: 'Install jsonnet on the PATH of the renderer, or leave the file out with directory.exclude',
  });
}
