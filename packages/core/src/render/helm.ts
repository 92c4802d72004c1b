import picomatch from 'picomatch';
import type { ApplicationSource, HelmSource } from '../application/source.ts';
import { RenderError } from '../errors.ts';
import { substituteEnvironment } from './build-environment.ts';
import { toYaml } from './kubernetes-yaml.ts';
import { cleanPath, isWithin, joinPath, type TreeReader } from './tree-reader.ts';

/** A file that Helm reads: in this source's repository, in the one named by `ref`, or behind a URL. */
export type HelmFile = { from: 'repository'; ref?: string; path: string } | { from: 'url'; url: string };

export interface ResolvedHelmFiles {
  /** In the order Helm must read them; later ones win. */
  valueFiles: HelmFile[];
  fileParameters: { name: string; file: HelmFile }[];
}

/** The repositories a source can read: its own, and those other sources lend as `$ref`. */
export interface HelmRepositories {
  /** Undefined for a chart from a Helm repository: its value files come from refs, URLs or the chart itself. */
  own: TreeReader | undefined;
  refs: Record<string, TreeReader>;
}

/**
 * Finds the value files of a source: relative to its path, from the root (`/…`), from another source (`$ref/…`), from a
 * URL; globs expand in lexical order, and a file named explicitly keeps its own position. Throws `RenderError` for a
 * missing file unless `ignoreMissingValueFiles`.
 */
export async function resolveHelmFiles(
  source: ApplicationSource,
  repositories: HelmRepositories,
  context: { environment: Record<string, string>; valuesFileSchemes: readonly string[] },
): Promise<ResolvedHelmFiles> {
  const helm = source.helm ?? {};
  const entries = (helm.valueFiles ?? []).map((entry) => substituteEnvironmentAfterRef(entry, context.environment));
  const explicit = new Set(
    entries
      .filter((entry) => !isGlobPath(entry))
      .map((entry) => describeFile(locate(entry, source, context.valuesFileSchemes))),
  );
  const valueFiles: HelmFile[] = [];
  const seen = new Set<string>();
  for (const entry of entries) {
    const located = locate(entry, source, context.valuesFileSchemes);
    for (const file of isGlobPath(entry) ? await expand(located, repositories) : [located]) {
      const name = describeFile(file);
      if (seen.has(name) || (isGlobPath(entry) && explicit.has(name))) continue;
      if (!(await exists(file, repositories))) {
        if (helm.ignoreMissingValueFiles === true) continue;
        throw new RenderError('MissingValueFile', `value file ${entry} does not exist`, {
          fix: 'Correct helm.valueFiles, add the file, or set helm.ignoreMissingValueFiles',
        });
      }
      seen.add(name);
      valueFiles.push(file);
    }
  }
  const fileParameters: ResolvedHelmFiles['fileParameters'] = [];
  for (const { name = '', path = '' } of helm.fileParameters ?? []) {
    const file = locate(substituteEnvironmentAfterRef(path, context.environment), source, context.valuesFileSchemes);
    if (!(await exists(file, repositories))) {
      throw new RenderError('MissingParameterFile', `file ${path} of parameter ${name} does not exist`, {
        fix: 'Correct helm.fileParameters or add the file',
      });
    }
    fileParameters.push({ name, file });
  }
  return { valueFiles, fileParameters };
}

/** The inline values as YAML text, to be passed as the last value file; undefined when there are none. */
export function inlineHelmValues(helm: HelmSource | undefined): string | undefined {
  if (helm?.valuesObject !== undefined) return toYaml(helm.valuesObject);
  return helm?.values === undefined || helm.values === '' ? undefined : helm.values;
}

/**
 * The arguments of `helm template`. `localPath` turns a located file into a path the tool can open; `inlineValuesPath` is
 * the file that holds `inlineHelmValues`.
 */
export function helmTemplateArguments(input: {
  helm: HelmSource | undefined;
  applicationName: string;
  namespace: string;
  kubeVersion: string;
  apiVersions: readonly string[];
  files: ResolvedHelmFiles;
  localPath: (file: HelmFile) => string;
  inlineValuesPath?: string;
  environment: Record<string, string>;
}): string[] {
  const { environment } = input;
  const helm = input.helm ?? {};
  const releaseName =
    helm.releaseName === undefined || helm.releaseName === '' ? input.applicationName : helm.releaseName;
  const args = ['template', '.', '--name-template', releaseName];
  const namespace = helm.namespace === undefined || helm.namespace === '' ? input.namespace : helm.namespace;
  if (namespace !== '') args.push('--namespace', namespace);
  const kubeVersion = helm.kubeVersion === undefined || helm.kubeVersion === '' ? input.kubeVersion : helm.kubeVersion;
  if (kubeVersion !== '') args.push('--kube-version', kubeVersion);
  for (const { name = '', value = '', forceString } of helm.parameters ?? []) {
    const substituted = substituteEnvironment(value, environment);
    args.push(forceString === true ? '--set-string' : '--set', `${name}=${escapeParameter(substituted)}`);
  }
  for (const { name, file } of input.files.fileParameters) {
    args.push('--set-file', `${name}=${escapeParameter(input.localPath(file))}`);
  }
  for (const file of input.files.valueFiles) args.push('--values', input.localPath(file));
  if (input.inlineValuesPath !== undefined) args.push('--values', input.inlineValuesPath);
  const apiVersions = (helm.apiVersions ?? []).length > 0 ? (helm.apiVersions as string[]) : input.apiVersions;
  for (const version of apiVersions) args.push('--api-versions', version);
  if (helm.skipCrds !== true) args.push('--include-crds');
  if (helm.skipSchemaValidation === true) args.push('--skip-schema-validation');
  if (helm.skipTests === true) args.push('--skip-tests');
  return args;
}

/** Whether Helm failed only because chart dependencies were not fetched: then `helm dependency build` and once more. */
export function isMissingDependency(message: string): boolean {
  return (
    message.includes('found in Chart.yaml, but missing in charts/ directory') ||
    message.includes('found in requirements.yaml, but missing in charts/ directory')
  );
}

/** A comma separates values for Helm unless the value is a list in braces. */
function escapeParameter(value: string): string {
  if (value.startsWith('{') && value.endsWith('}')) return value;
  return value.replace(/(?<!\\),/g, '\\,');
}

/** `$values/…` at the start names a source and must not be taken for a variable. */
function substituteEnvironmentAfterRef(entry: string, environment: Record<string, string>): string {
  const ref = /^\$[A-Za-z0-9_-]+(?=\/)/.exec(entry)?.[0];
  if (ref === undefined || environment[ref.slice(1)] !== undefined) return substituteEnvironment(entry, environment);
  return ref + substituteEnvironment(entry.slice(ref.length), environment);
}

function locate(entry: string, source: ApplicationSource, schemes: readonly string[]): HelmFile {
  const url = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//.exec(entry);
  if (url !== null) {
    if (schemes.includes((url[1] as string).toLowerCase())) return { from: 'url', url: entry };
    throw new RenderError('ForbiddenValueFileScheme', `the URL scheme '${url[1]}' is not allowed`, {
      fix: `Use one of ${schemes.join(', ')}, or add the scheme to helm.valuesFileSchemes in argocd-cm`,
    });
  }
  const ref = /^\$([A-Za-z0-9_-]+)(?:\/(.*))?$/.exec(entry);
  const path = ref === null ? joinPath(cleanPath(source.path ?? ''), entry) : joinPath('', ref[2] ?? '');
  if (path === undefined) {
    throw new RenderError('ValueFileOutsideRepository', `value file ${entry} is outside of the repository`, {
      fix: 'Keep value files inside the repository of their source',
    });
  }
  return ref === null ? { from: 'repository', path } : { from: 'repository', ref: ref[1] as string, path };
}

function isGlobPath(entry: string): boolean {
  return !/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//.test(entry) && /[*?[]/.test(entry);
}

async function expand(file: HelmFile, repositories: HelmRepositories): Promise<HelmFile[]> {
  if (file.from === 'url') return [file];
  const reader = readerOf(file, repositories);
  const fixed = file.path.slice(0, file.path.search(/[*?[]/));
  const start = fixed.includes('/') ? fixed.slice(0, fixed.lastIndexOf('/')) : '';
  const matches = picomatch(file.path, { dot: true });
  const found: HelmFile[] = [];
  const pending = [start];
  for (let directory = pending.shift(); directory !== undefined; directory = pending.shift()) {
    for (const entry of (await reader?.list(directory)) ?? []) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.type === 'directory') pending.push(path);
      else if (matches(path)) found.push({ ...file, path });
    }
  }
  return found.sort((a, b) => (describeFile(a) < describeFile(b) ? -1 : 1));
}

async function exists(file: HelmFile, repositories: HelmRepositories): Promise<boolean> {
  if (file.from === 'url') return true;
  const reader = readerOf(file, repositories);
  // Files of a chart from a Helm repository are seen by Helm alone.
  if (reader === undefined) return true;
  const slash = file.path.lastIndexOf('/');
  const entries = await reader.list(slash < 0 ? '' : file.path.slice(0, slash));
  return entries?.some((entry) => entry.name === file.path.slice(slash + 1) && entry.type !== 'directory') === true;
}

function readerOf(
  file: Extract<HelmFile, { from: 'repository' }>,
  repositories: HelmRepositories,
): TreeReader | undefined {
  if (file.ref === undefined) return repositories.own;
  const reader = repositories.refs[file.ref];
  if (reader !== undefined) return reader;
  throw new RenderError(
    'UnknownRef',
    `source referenced "$${file.ref}", but no source has a 'ref' field with the value ${file.ref}`,
    {
      fix: `Add ref: ${file.ref} to the source that holds the file`,
    },
  );
}

function describeFile(file: HelmFile): string {
  return file.from === 'url' ? file.url : `${file.ref ?? ''}:${file.path}`;
}

/** The repository paths a Helm source reads outside of its own directory; input for the content key. */
export function pathsOutside(files: ResolvedHelmFiles, sourcePath: string): { ref?: string; path: string }[] {
  return [...files.valueFiles, ...files.fileParameters.map(({ file }) => file)].flatMap((file) =>
    file.from === 'repository' && (file.ref !== undefined || !isWithin(file.path, cleanPath(sourcePath)))
      ? [{ path: file.path, ...(file.ref === undefined ? {} : { ref: file.ref }) }]
      : [],
  );
}
