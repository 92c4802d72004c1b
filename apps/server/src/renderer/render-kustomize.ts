import { readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import {
  cleanPath,
  hasKustomizeEdits,
  joinPath,
  KUSTOMIZATION_FILES,
  kustomizeBuildArguments,
  kustomizeEdits,
  kustomizeVersionOptions,
  parseKubernetesYaml,
  parseManifests,
  RenderError,
  type RenderedManifest,
  type RenderRequest,
} from '@lockstep/core';
import { gitEnvironment } from '../git/git-command.ts';
import { runTool } from '../tools/run-tool.ts';
import type { ToolBox } from '../tools/tool-box.ts';
import type { PreparedSource } from './render-application.ts';
import { TOOL_MEMORY, toolEnvironment } from './tool-environment.ts';
import { WorkDirectory } from './work-directory.ts';

/** Builds a kustomization with the source's settings written into it, in a folder of its own. */
export async function renderKustomize(
  tools: ToolBox,
  request: RenderRequest,
  prepared: PreparedSource,
): Promise<RenderedManifest[]> {
  const { source, reader } = prepared;
  if (reader === undefined)
    throw new RenderError('KustomizeSource', 'a Helm chart cannot be built with kustomize', {
      fix: 'Remove the kustomize block or set path',
    });
  const settings = kustomizeVersionOptions(source.kustomize, request.options.kustomize);
  const buildOptions = checkBuildOptions(settings.buildOptions);
  await using work = await WorkDirectory.create();
  await work.checkOut(reader, 'repository', prepared.paths);
  const sourcePath = cleanPath(source.path ?? '');
  const directory = work.resolve('repository', sourcePath);
  const file = await kustomizationFile(directory, sourcePath);
  if (hasKustomizeEdits(source.kustomize)) {
    const edited = kustomizeEdits(
      await parseKustomization(path.join(directory, file), path.posix.join(sourcePath, file)),
      source.kustomize ?? {},
      {
        environment: prepared.environment,
        componentExists: (component) => {
          const location = joinPath(sourcePath, component);
          return location !== undefined && reader.snapshot.entry(location) !== undefined;
        },
        file: path.posix.join(sourcePath, file),
      },
    );
    // JSON is YAML; the tool reads it as such.
    await work.write(path.posix.join('repository', sourcePath, file), JSON.stringify(edited));
  }
  const tool = settings.path === undefined ? await tools.kustomize() : { file: settings.path, standalone: true };
  const args = kustomizeBuildArguments({
    path: directory,
    buildOptions,
    standalone: tool.standalone,
    kubeVersion: source.kustomize?.kubeVersion || request.kubeVersion,
    apiVersions:
      (source.kustomize?.apiVersions ?? []).length > 0
        ? (source.kustomize?.apiVersions as string[])
        : request.apiVersions,
  });
  const bin = await commandsFor(work, tools, buildOptions.includes('--enable-helm'));
  const env = { ...(await toolEnvironment(work, bin)), ...remoteBaseEnvironment() };
  const result = await runTool({
    file: tool.file,
    args,
    cwd: directory,
    env,
    timeout: request.options.timeoutSeconds * 1000,
    maxMemory: TOOL_MEMORY,
  });
  if (result.exitCode !== 0) throw failed(result.stderr, work.path, path.posix.join(sourcePath, file));
  const origin = path.posix.join(sourcePath, file);
  return parseManifests(result.stdout.toString('utf8'), { file: origin }).map(({ object }) => ({
    object,
    file: origin,
  }));
}

/** Options that run programs, load plugins or read outside of the build are refused, whoever configured them. */
const ALLOWED_OPTIONS = [
  /^--enable-helm(=true)?$/,
  /^--load-restrictor=(LoadRestrictionsRootOnly|rootOnly)$/,
  /^--reorder=(legacy|none)$/,
  /^--enable-managedby-label$/,
  /^--as-current-user$/,
];

function checkBuildOptions(options: string): string {
  // `--flag value` means the same as `--flag=value`, and only one form is worth checking.
  const normalized = options.trim().replace(/(--(?:load-restrictor|reorder))\s+(?=[^-\s])/g, '$1=');
  for (const option of normalized.split(/\s+/).filter((word) => word !== '')) {
    if (ALLOWED_OPTIONS.some((allowed) => allowed.test(option))) continue;
    throw new RenderError('KustomizeOption', `kustomize build option "${option}" is not allowed`, {
      fix: 'Remove it from kustomize.buildOptions in argocd-cm; --enable-helm is allowed',
    });
  }
  return normalized;
}

async function kustomizationFile(directory: string, sourcePath: string): Promise<string> {
  for (const name of KUSTOMIZATION_FILES) {
    if (
      await readFile(path.join(directory, name)).then(
        () => true,
        () => false,
      )
    )
      return name;
  }
  throw new RenderError('KustomizationMissing', `${sourcePath === '' ? '.' : sourcePath} has no kustomization.yaml`, {
    fix: 'Add one, or remove the kustomize block',
  });
}

async function parseKustomization(target: string, file: string): Promise<Record<string, unknown>> {
  const value = parseKubernetesYaml(await readFile(target, 'utf8'), { file })[0]?.document;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/**
 * Remote bases make kustomize run git, and `--enable-helm` helm, by name. The git it finds passes only the few calls that
 * fetching a base takes: a `?ref=` could otherwise smuggle in an option.
 */
async function commandsFor(work: WorkDirectory, tools: ToolBox, withHelm: boolean): Promise<string> {
  const bin = await work.makeDirectory('.bin');
  await work.write(
    '.bin/git',
    `#!/bin/sh
case "$1" in init|remote|fetch|checkout|rev-parse) ;; submodule) exit 0 ;; *) echo "git $1 is not allowed here" >&2; exit 1 ;; esac
for word in "$@"; do case "$word" in --depth=1|-q|--quiet|--bare) ;; -*|*::*) echo "git option is not allowed here" >&2; exit 1 ;; esac; done
PATH=/usr/local/bin:/usr/bin:/bin exec git "$@"
`,
    true,
  );
  const helm = withHelm ? await tools.need('helm') : undefined;
  if (helm !== undefined) await symlink(helm.file, path.join(bin, 'helm'));
  return bin;
}

function remoteBaseEnvironment(): Record<string, string> {
  const { PATH: _path, HOME: _home, ...env } = gitEnvironment({ git: 'git', allowFile: false });
  return { ...env, GIT_ALLOW_PROTOCOL: 'https' };
}

/** Kustomize's own words, without the paths of the work directory. */
function failed(stderr: string, workPath: string, kustomization: string): RenderError {
  const message = stderr
    .replaceAll(`${workPath}/repository/`, '')
    .replaceAll(`${workPath}/`, '')
    .replace(/^# Warning: .*$/gm, '')
    .trim()
    .replace(/^[Ee]rror: /, '')
    .slice(0, 2_000);
  const place = /'?([^\s':]+\.ya?ml)'?/.exec(message);
  const line = /line (\d+)/.exec(message)?.[1];
  return new RenderError('KustomizeFailed', `kustomize build: ${message || 'failed without a message'}`, {
    file: place?.[1] ?? kustomization,
    ...(line === undefined ? {} : { line: Number(line) }),
    fix: 'Run kustomize build on the same path to reproduce it',
  });
}
