import {
  type ApplicationSource,
  buildEnvironment,
  type ContentKeySource,
  contentKey,
  detectSourceType,
  effectiveSource,
  pathsOutside,
  RenderError,
  type RenderedManifest,
  type RenderRequest,
  type ResolvedHelmFiles,
  type ResolvedSource,
  renderDirectory,
  renderInputs,
  resolveHelmFiles,
  type SourceType,
} from '@lockstep/core';
import type { RepositoryCredentials } from '../git/credentials.ts';
import type { MirrorTreeReader } from '../git/mirror-tree-reader.ts';
import type { RenderAnswer, RenderedInput, StoredRender } from '../queues/render-queue.ts';
import type { ToolBox } from '../tools/tool-box.ts';
import type { Charts } from './charts.ts';
import { evaluateJsonnet } from './evaluate-jsonnet.ts';
import type { Mirrors } from './mirrors.ts';
import type { RenderCache } from './render-cache.ts';
import { renderHelm } from './render-helm.ts';
import { renderKustomize } from './render-kustomize.ts';

export interface RendererParts {
  mirrors: Mirrors;
  charts: Charts;
  tools: ToolBox;
  cache: RenderCache;
  /** Lets at most a few tools run at once. */
  limit<T>(work: () => Promise<T>): Promise<T>;
}

/** A source with all that rendering it needs. */
export interface PreparedSource {
  source: ApplicationSource;
  revision: string;
  type: SourceType;
  /** Absent for a chart from a Helm repository. */
  reader: MirrorTreeReader | undefined;
  refs: Record<string, MirrorTreeReader>;
  environment: Record<string, string>;
  helmFiles: ResolvedHelmFiles | undefined;
  /** Repository paths that the tools need on disk. */
  paths: string[];
  credentials: RepositoryCredentials;
}

/**
 * Renders an application: every source is read at its commit, its inputs are named by content, and only when no render of
 * that content is known does a parser or tool run. Throws `RenderError` with file, line and fix; such an error is kept for
 * some seconds, so that a broken base does not run the tool once per application.
 */
export async function renderApplication(
  parts: RendererParts,
  request: RenderRequest,
  credentialsOf: (url: string) => RepositoryCredentials,
): Promise<RenderAnswer> {
  const readers = await openReaders(parts, request, credentialsOf);
  const refs = Object.fromEntries(
    request.sources.flatMap(({ source }, index) => {
      const reader = readers[index];
      return source.ref === undefined || source.ref === '' || reader === undefined ? [] : [[source.ref, reader]];
    }),
  );
  const prepared: (PreparedSource | undefined)[] = [];
  const keySources: ContentKeySource[] = [];
  const inputs: RenderedInput[] = [];
  for (const [index, resolved] of request.sources.entries()) {
    if (isOnlyRef(resolved.source)) {
      prepared.push(undefined);
      continue;
    }
    const one = await prepare(request, resolved, readers[index], refs, credentialsOf(resolved.source.repoURL));
    prepared.push(one.source);
    keySources.push(one.key);
    inputs.push(...one.inputs);
  }
  const key = await contentKey(request, keySources, await toolVersions(parts.tools, prepared));
  const answer = {
    contentKey: key,
    revisions: request.sources.map(({ revision }) => revision),
    sourceTypes: prepared.map((source) => source?.type ?? ('Directory' as const)),
    inputs,
  };
  if (!request.noCache) {
    if (await parts.cache.has(key)) return { ...answer, warnings: [], rendered: false };
    const failure = await parts.cache.failure(key);
    if (failure !== undefined) throw failure;
  }
  try {
    const render: StoredRender = { manifests: [], sourceTypes: answer.sourceTypes, warnings: [] };
    for (const source of prepared)
      if (source !== undefined) render.manifests.push(...(await renderSource(parts, request, source)));
    await parts.cache.put(key, render);
    return { ...answer, warnings: render.warnings, rendered: true };
  } catch (error) {
    if (error instanceof RenderError && error.code !== 'ToolCancelled') await parts.cache.putFailure(key, error);
    throw error;
  }
}

async function openReaders(
  parts: RendererParts,
  request: RenderRequest,
  credentialsOf: (url: string) => RepositoryCredentials,
): Promise<(MirrorTreeReader | undefined)[]> {
  return Promise.all(
    request.sources.map(async ({ source, revision }) =>
      isChart(source) ? undefined : parts.mirrors.reader(source.repoURL, revision, credentialsOf(source.repoURL)),
    ),
  );
}

async function prepare(
  request: RenderRequest,
  resolved: ResolvedSource,
  reader: MirrorTreeReader | undefined,
  refs: Record<string, MirrorTreeReader>,
  credentials: RepositoryCredentials,
): Promise<{ source: PreparedSource; key: ContentKeySource; inputs: RenderedInput[] }> {
  const { revision } = resolved;
  const source =
    reader === undefined ? resolved.source : await effectiveSource(reader, resolved.source, request.application);
  const type = reader === undefined ? 'Helm' : await detectSourceType(reader, source, request.options);
  if (type === 'Plugin') {
    throw new RenderError('PluginUnsupported', `source ${source.repoURL} asks for a config management plugin`, {
      fix: 'Render it to plain manifests, Helm or Kustomize; plugins are not run',
    });
  }
  const environment = buildEnvironment({
    application: request.application,
    destinationNamespace: request.destinationNamespace,
    source,
    revision,
  });
  const helmFiles =
    type === 'Helm'
      ? await resolveHelmFiles(
          source,
          { own: reader, refs },
          { environment, valuesFileSchemes: request.options.helm.valuesFileSchemes },
        )
      : undefined;
  const outside = helmFiles === undefined ? [] : pathsOutside(helmFiles, source.path ?? '');
  const own = outside.filter(({ ref }) => ref === undefined).map(({ path }) => path);
  const read =
    reader === undefined ? { paths: [], boundToRevision: false } : await renderInputs(reader, source, type, own);
  const hasUrls =
    helmFiles !== undefined &&
    [...helmFiles.valueFiles, ...helmFiles.fileParameters.map(({ file }) => file)].some(({ from }) => from === 'url');
  const boundToRevision = read.boundToRevision || hasUrls;
  const lent = outside.flatMap(({ ref, path }) =>
    ref === undefined ? [] : [{ ref, path, id: refs[ref]?.idOf(path) ?? '' }],
  );
  const inputs: RenderedInput[] = [
    ...(reader === undefined ? [] : [{ repoURL: source.repoURL, revision, paths: read.paths, boundToRevision }]),
    ...Object.entries(refs).flatMap(([ref, lender]) => {
      const paths = lent.filter((entry) => entry.ref === ref).map(({ path }) => path);
      return paths.length === 0
        ? []
        : [{ repoURL: lender.mirror.url, revision: lender.snapshot.commit, paths, boundToRevision: false }];
    }),
  ];
  return {
    source: { source, revision, type, reader, refs, environment, helmFiles, paths: read.paths, credentials },
    key: {
      source,
      type,
      revision,
      inputs: [...read.paths.map((path) => ({ path, id: reader?.idOf(path) ?? '' })), ...lent],
      boundToRevision,
    },
    inputs,
  };
}

async function renderSource(
  parts: RendererParts,
  request: RenderRequest,
  prepared: PreparedSource,
): Promise<RenderedManifest[]> {
  const { type, reader, source } = prepared;
  switch (type) {
    case 'Directory':
      return renderDirectory(reader as MirrorTreeReader, source.path ?? '', source.directory ?? {}, {
        maxBytes: request.options.maxDirectoryManifestBytes,
        evaluateJsonnet: (file) => parts.limit(() => evaluateJsonnet(parts.tools, request, prepared, file)),
      });
    case 'Helm':
      return parts.limit(() => renderHelm(parts, request, prepared));
    case 'Kustomize':
      return parts.limit(() => renderKustomize(parts.tools, request, prepared));
    case 'Plugin':
      return [];
  }
}

async function toolVersions(tools: ToolBox, prepared: (PreparedSource | undefined)[]): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  const types = new Set(prepared.map((source) => source?.type));
  if (types.has('Helm')) versions['helm'] = (await tools.need('helm')).version;
  if (types.has('Kustomize')) {
    const { name, version } = await tools.kustomize();
    versions[name] = version;
  }
  return versions;
}

function isChart(source: ApplicationSource): boolean {
  return source.chart !== undefined && source.chart !== '';
}

/** A source that only lends its files to others. */
function isOnlyRef(source: ApplicationSource): boolean {
  return (
    source.ref !== undefined &&
    source.ref !== '' &&
    (source.path === undefined || source.path === '') &&
    !isChart(source)
  );
}
