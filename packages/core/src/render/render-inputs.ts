import { load } from 'js-yaml';
import type { ApplicationSource } from '../application/source.ts';
import type { SourceType } from './rendered-manifests.ts';
import { KUSTOMIZATION_FILES } from './source-type.ts';
import { cleanPath, entryAt, isWithin, joinPath, type TreeReader } from './tree-reader.ts';

/** What a source reads from its own repository. */
export interface RenderInputs {
  /** Files and directories, cleaned, none inside another. Their tree ids decide the manifests. */
  paths: string[];
  /** Something is read that no tree id covers (remote bases, links, plugins): the key must include the revision. */
  boundToRevision: boolean;
}

/**
 * Derives which paths of the repository a source reads, so that a commit which touches others renders nothing. Directories
 * count whole; references that leave them (kustomize bases and generators, local chart dependencies) are followed.
 * What cannot be read is still listed: its appearance changes the key. `extraPaths` are value files outside the path.
 */
export async function renderInputs(
  reader: TreeReader,
  source: ApplicationSource,
  type: SourceType,
  extraPaths: readonly string[] = [],
): Promise<RenderInputs> {
  const walk: Walk = { reader, paths: new Set(), visited: new Set(), boundToRevision: type === 'Plugin' };
  const root = cleanPath(source.path ?? '');
  walk.paths.add(root);
  for (const path of extraPaths) walk.paths.add(cleanPath(path));
  if (type === 'Kustomize') {
    await followKustomization(walk, root);
    for (const component of source.kustomize?.components ?? []) await followReference(walk, root, component);
    for (const { path } of source.kustomize?.patches ?? []) if (path !== undefined) addPath(walk, root, path);
  } else if (type === 'Helm') await followChart(walk, root);
  else if (type === 'Directory') {
    for (const library of source.directory?.jsonnet?.libs ?? []) addPath(walk, '', library);
    // A Jsonnet import may name any file of the repository.
    if (await hasJsonnet(reader, root, source.directory?.recurse === true)) walk.boundToRevision = true;
  }
  for (const path of walk.paths) {
    if (walk.boundToRevision) break;
    if ((await entryAt(reader, path))?.type === 'symlink' || (await reader.hasLinks(path))) walk.boundToRevision = true;
  }
  const all = [...walk.paths].sort();
  return {
    paths: all.filter((path) => !all.some((other) => other !== path && isWithin(path, other))),
    boundToRevision: walk.boundToRevision,
  };
}

interface Walk {
  reader: TreeReader;
  paths: Set<string>;
  visited: Set<string>;
  boundToRevision: boolean;
}

/** Fields whose entries are files or directories. */
const REFERENCE_LISTS = [
  'resources',
  'bases',
  'components',
  'crds',
  'configurations',
  'generators',
  'transformers',
  'validators',
  'patchesStrategicMerge',
] as const;

async function followKustomization(walk: Walk, directory: string): Promise<void> {
  if (walk.visited.has(directory)) return;
  walk.visited.add(directory);
  for (const name of KUSTOMIZATION_FILES) {
    const text = await walk.reader.readFile(joinPath(directory, name) as string);
    if (text === undefined) continue;
    const kustomization = parsed(text);
    for (const list of REFERENCE_LISTS) {
      for (const entry of listOf(kustomization[list])) {
        // Inline patches are text with line breaks.
        if (typeof entry === 'string' && !entry.includes('\n')) await followReference(walk, directory, entry);
      }
    }
    for (const field of ['patches', 'patchesJson6902', 'replacements'] as const) {
      for (const entry of listOf(kustomization[field])) addPath(walk, directory, textOf(recordOf(entry)['path']));
    }
    for (const field of ['configMapGenerator', 'secretGenerator'] as const) {
      for (const entry of listOf(kustomization[field])) followGenerator(walk, directory, recordOf(entry));
    }
    addPath(walk, directory, textOf(recordOf(kustomization['openapi'])['path']));
    if (listOf(kustomization['helmCharts']).length > 0) {
      walk.boundToRevision = true;
    }
  }
}

function followGenerator(walk: Walk, directory: string, generator: Record<string, unknown>): void {
  for (const entry of listOf(generator['files'])) {
    const file = textOf(entry);
    addPath(walk, directory, file?.includes('=') === true ? file.slice(file.indexOf('=') + 1) : file);
  }
  for (const entry of listOf(generator['envs'])) addPath(walk, directory, textOf(entry));
  addPath(walk, directory, textOf(generator['env']));
}

async function followReference(walk: Walk, directory: string, reference: string): Promise<void> {
  const path = joinPath(directory, reference);
  const entry = path === undefined ? undefined : await entryAt(walk.reader, path);
  if (path === undefined || entry === undefined) {
    // Not in the repository: a URL, or a file that is missing now and would be new later.
    if (isRemote(reference)) walk.boundToRevision = true;
    else if (path !== undefined) walk.paths.add(path);
    return;
  }
  walk.paths.add(path);
  if (entry.type === 'directory') await followKustomization(walk, path);
  else if (entry.type !== 'file') walk.boundToRevision = true;
}

/** As kustomize decides: a scheme, an scp form, or a host with a path. */
function isRemote(reference: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]*:\/\//i.test(reference) ||
    /^[^/]+@[^/]+:/.test(reference) ||
    /^[^./][^/]*\.[^/]+\/.+/.test(reference)
  );
}

async function followChart(walk: Walk, directory: string): Promise<void> {
  if (walk.visited.has(directory)) return;
  walk.visited.add(directory);
  for (const name of ['Chart.yaml', 'requirements.yaml']) {
    const text = await walk.reader.readFile(joinPath(directory, name) as string);
    if (text === undefined) continue;
    for (const dependency of listOf(parsed(text)['dependencies'])) {
      const { repository } = recordOf(dependency);
      const local = /^file:\/\/(.*)$/.exec(textOf(repository) ?? '')?.[1];
      if (local === undefined) continue;
      const path = joinPath(directory, local.startsWith('/') ? local : `./${local}`);
      if (path === undefined) continue;
      walk.paths.add(path);
      await followChart(walk, path);
    }
  }
}

async function hasJsonnet(reader: TreeReader, directory: string, recurse: boolean): Promise<boolean> {
  for (const entry of (await reader.list(directory)) ?? []) {
    if (entry.name.endsWith('.jsonnet')) return true;
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (recurse && entry.type === 'directory' && (await hasJsonnet(reader, path, true))) return true;
  }
  return false;
}

function addPath(walk: Walk, directory: string, path: string | undefined): void {
  if (path === undefined || path === '') return;
  const joined = isRemote(path) ? undefined : joinPath(directory, path);
  if (joined === undefined) walk.boundToRevision = true;
  else walk.paths.add(joined);
}

/** A file that cannot be parsed fails in the tool with a better message; here it only has no references. */
function parsed(text: string): Record<string, unknown> {
  try {
    return recordOf(load(text));
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
