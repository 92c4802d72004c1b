import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  cleanPath,
  type HelmFile,
  helmTemplateArguments,
  inlineHelmValues,
  isMissingDependency,
  parseManifests,
  RenderError,
  type RenderedManifest,
  type RenderRequest,
} from '@lockstep/core';
import { load } from 'js-yaml';
import { runTool, type ToolResult } from '../tools/run-tool.ts';
import { fetchValueFile } from './charts.ts';
import type { PreparedSource, RendererParts } from './render-application.ts';
import { TOOL_MEMORY, toolEnvironment } from './tool-environment.ts';
import { WorkDirectory } from './work-directory.ts';

const CHART_NAME = /^[a-z0-9]([-a-z0-9._]*[a-z0-9])?$/i;

/** Runs `helm template` on a chart of the repository, or one pulled from a Helm repository, in a folder of its own. */
export async function renderHelm(
  parts: RendererParts,
  request: RenderRequest,
  prepared: PreparedSource,
): Promise<RenderedManifest[]> {
  const helm = await parts.tools.need('helm');
  await using work = await WorkDirectory.create();
  const { source, reader } = prepared;
  const sourcePath = cleanPath(source.path ?? '');
  let chart: string;
  if (reader === undefined) {
    chart = await parts.charts.unpack(
      { url: source.repoURL, chart: source.chart ?? '', version: prepared.revision },
      prepared.credentials,
      await work.makeDirectory('chart'),
    );
  } else {
    await work.checkOut(reader, 'repository', prepared.paths);
    chart = work.resolve('repository', sourcePath);
  }
  await checkChart(chart, sourcePath);
  for (const [ref, lender] of Object.entries(prepared.refs)) {
    const paths = valueFilesOf(prepared).flatMap((file) =>
      file.from === 'repository' && file.ref === ref ? [file.path] : [],
    );
    await work.checkOut(lender, path.posix.join('refs', ref), paths);
  }
  const downloaded = new Map<string, string>();
  for (const file of valueFilesOf(prepared)) {
    if (file.from !== 'url' || downloaded.has(file.url)) continue;
    downloaded.set(file.url, await work.write(`downloads/${downloaded.size}`, await fetchValueFile(file.url)));
  }
  const inline = inlineHelmValues(source.helm);
  const args = helmTemplateArguments({
    helm: source.helm,
    applicationName: request.application.name,
    namespace: request.destinationNamespace,
    kubeVersion: request.kubeVersion,
    apiVersions: request.apiVersions,
    files: prepared.helmFiles ?? { valueFiles: [], fileParameters: [] },
    localPath: (file) => localPath(work, chart, reader !== undefined, downloaded, file),
    ...(inline === undefined ? {} : { inlineValuesPath: await work.write('inline-values.yaml', inline) }),
    environment: prepared.environment,
  });
  const env = await toolEnvironment(work);
  const run = (runArgs: string[]): Promise<ToolResult> =>
    runTool({
      file: helm.file,
      args: runArgs,
      cwd: chart,
      env,
      timeout: request.options.timeoutSeconds * 1000,
      maxMemory: TOOL_MEMORY,
    });
  let result = await run(args);
  if (result.exitCode !== 0 && isMissingDependency(result.stderr)) {
    await parts.charts.writeRepositories(work, chart, prepared.credentials);
    const built = await run(['dependency', 'build']);
    if (built.exitCode !== 0) throw failed('helm dependency build', built.stderr, work.path, sourcePath);
    result = await run(args);
  }
  if (result.exitCode !== 0) throw failed('helm template', result.stderr, work.path, sourcePath);
  return parseHelmOutput(result.stdout.toString('utf8'), sourcePath);
}

function valueFilesOf(prepared: PreparedSource): HelmFile[] {
  const files = prepared.helmFiles;
  return files === undefined ? [] : [...files.valueFiles, ...files.fileParameters.map(({ file }) => file)];
}

function localPath(
  work: WorkDirectory,
  chart: string,
  isOwnRepository: boolean,
  downloaded: Map<string, string>,
  file: HelmFile,
): string {
  if (file.from === 'url') return downloaded.get(file.url) as string;
  if (file.ref !== undefined) return work.resolve('refs', file.ref, file.path);
  return isOwnRepository ? work.resolve('repository', file.path) : path.join(chart, file.path);
}

/** A chart's name becomes a path in Helm, and its lock file is written by `dependency build`. */
async function checkChart(chart: string, sourcePath: string): Promise<void> {
  const file = path.posix.join(sourcePath, 'Chart.yaml');
  let text: string;
  try {
    text = await readFile(path.join(chart, 'Chart.yaml'), 'utf8');
  } catch (cause) {
    throw new RenderError('ChartMissing', 'does not exist, so the path is no Helm chart', {
      file,
      fix: 'Correct spec.source.path, or remove the helm block',
      cause,
    });
  }
  let name: unknown;
  try {
    name = (load(text) as { name?: unknown } | null)?.name;
  } catch (cause) {
    const line = (cause as { mark?: { line?: number } }).mark?.line;
    throw new RenderError(
      'ChartInvalid',
      `is not valid YAML: ${(cause as { reason?: string }).reason ?? 'cannot be parsed'}`,
      {
        file,
        ...(line === undefined ? {} : { line: line + 1 }),
        cause,
      },
    );
  }
  if (typeof name !== 'string' || !CHART_NAME.test(name)) {
    throw new RenderError('ChartInvalid', `has no valid name (${JSON.stringify(name)})`, {
      file,
      fix: 'Set name to letters, digits and dashes',
    });
  }
  const lock = await stat(path.join(chart, 'Chart.lock')).catch(() => undefined);
  if (lock !== undefined && !lock.isFile())
    throw new RenderError('ChartInvalid', 'is not a regular file', { file: path.posix.join(sourcePath, 'Chart.lock') });
}

/** Helm says of every document which template it came from. */
function parseHelmOutput(output: string, sourcePath: string): RenderedManifest[] {
  return output.split(/^---\s*$/m).flatMap((document) => {
    if (document.trim() === '') return [];
    const template = /^# Source: (.+)$/m.exec(document)?.[1];
    // The first segment is the chart's name, not a folder of the repository.
    const file =
      template === undefined ? undefined : path.posix.join(sourcePath, template.slice(template.indexOf('/') + 1));
    // Lines of the output are not lines of the template.
    return parseManifests(document, file === undefined ? {} : { file }).map(({ object }) => ({
      object,
      ...(file === undefined ? {} : { file }),
    }));
  });
}

/** Helm's own words, its file and line pulled out, without the paths of the work directory. */
function failed(command: string, stderr: string, workPath: string, sourcePath: string): RenderError {
  const message = stderr
    .replaceAll(`${workPath}/repository/`, '')
    .replaceAll(`${workPath}/`, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(WARNING|level=|W\d{4}|Use --debug)/.test(line))
    .join('\n')
    .slice(0, 2_000);
  const place =
    /\(([^\s():]+\.(?:ya?ml|tpl|txt|json))(?::(\d+))?/.exec(message) ??
    /([^\s():]+\.(?:ya?ml|tpl)):(\d+)/.exec(message);
  const template = place?.[1];
  const inRepository =
    template === undefined
      ? undefined
      : path.posix.join(sourcePath, template.includes('/') ? template.slice(template.indexOf('/') + 1) : template);
  return new RenderError('HelmFailed', `${command}: ${message.replace(/^Error: /, '') || 'failed without a message'}`, {
    ...(inRepository === undefined ? {} : { file: inRepository }),
    ...(place?.[2] === undefined ? {} : { line: Number(place[2]) }),
    fix: 'Run helm template with the same values to reproduce it',
  });
}
