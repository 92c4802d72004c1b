import path from 'node:path';
import { joinPath, RenderError, type RenderRequest, substituteEnvironment } from '@lockstep/core';
import type { MirrorTreeReader } from '../git/mirror-tree-reader.ts';
import { runTool } from '../tools/run-tool.ts';
import type { ToolBox } from '../tools/tool-box.ts';
import type { PreparedSource } from './render-application.ts';
import { TOOL_MEMORY, toolEnvironment } from './tool-environment.ts';
import { WorkDirectory } from './work-directory.ts';

const IMPORT = /\bimport(?:str|bin)?\s*(?:@?"([^"]*)"|@?'([^']*)'|(\S))/g;

/** Evaluates one Jsonnet file with the repository around it. Imports that leave the repository are refused before it runs. */
export async function evaluateJsonnet(
  tools: ToolBox,
  request: RenderRequest,
  prepared: PreparedSource,
  file: string,
): Promise<unknown> {
  const jsonnet = await tools.find('jsonnet');
  const reader = prepared.reader as MirrorTreeReader;
  if (jsonnet === undefined) {
    throw new RenderError('JsonnetUnavailable', 'is Jsonnet, and no jsonnet binary is installed for the renderer', {
      file,
      fix: 'Install jsonnet on the PATH of the renderer, or leave the file out with directory.exclude',
    });
  }
  const libraries = (prepared.source.directory?.jsonnet?.libs ?? [])
    .map((library) => joinPath('', library))
    .filter((library) => library !== undefined);
  await checkImports(reader, file, libraries, new Set());
  await using work = await WorkDirectory.create();
  await work.checkOut(reader, 'repository', ['']);
  const { extVars = [], tlas = [] } = prepared.source.directory?.jsonnet ?? {};
  // Whoever can push sets these through .argocd-source.yaml, so code may not reach for files at all.
  const reaching = [...extVars, ...tlas].find(({ code, value }) => code === true && /\bimport/.test(value));
  if (reaching !== undefined) {
    throw new RenderError('JsonnetImport', `the code of variable ${reaching.name} imports a file`, {
      file,
      fix: 'Import it in the Jsonnet file',
    });
  }
  const variable = (
    flag: 'ext' | 'tla',
    { name, value, code }: { name: string; value: string; code?: boolean },
  ): string[] => [
    code === true ? `--${flag}-code` : `--${flag}-str`,
    `${name}=${substituteEnvironment(value, prepared.environment)}`,
  ];
  const args = [
    ...libraries.flatMap((library) => ['-J', work.resolve('repository', library)]),
    ...extVars.flatMap((entry) => variable('ext', entry)),
    ...tlas.flatMap((entry) => variable('tla', entry)),
    '--',
    work.resolve('repository', file),
  ];
  const result = await runTool({
    file: jsonnet.file,
    args,
    cwd: path.dirname(work.resolve('repository', file)),
    env: await toolEnvironment(work),
    timeout: request.options.timeoutSeconds * 1000,
    maxMemory: TOOL_MEMORY,
  });
  if (result.exitCode === 0) return JSON.parse(result.stdout.toString('utf8'));
  const message = result.stderr.replaceAll(`${work.path}/repository/`, '').trim().slice(0, 2_000);
  const line = /:(\d+):\d+/.exec(message)?.[1];
  throw new RenderError('JsonnetFailed', message, { file, ...(line === undefined ? {} : { line: Number(line) }) });
}

/** Imports are literals in Jsonnet, so all of them can be followed without running anything. */
async function checkImports(
  reader: MirrorTreeReader,
  file: string,
  libraries: readonly string[],
  seen: Set<string>,
): Promise<void> {
  if (seen.has(file)) return;
  seen.add(file);
  const text = (await reader.readFile(file)) ?? '';
  for (const [, double, single, other] of text.matchAll(IMPORT)) {
    const target = double ?? single;
    if (other !== undefined && other !== '"' && other !== "'" && !/[({|]/.test(other)) continue;
    const candidates =
      target === undefined || path.posix.isAbsolute(target) || target.includes('\\')
        ? [undefined]
        : [path.posix.dirname(file), ...libraries].map((base) => joinPath(base === '.' ? '' : base, target));
    if (candidates.some((candidate) => candidate === undefined)) {
      throw new RenderError(
        'JsonnetImport',
        `imports ${target ?? 'something that is not a plain file name'}, which is not inside the repository`,
        {
          file,
          fix: 'Import files of the repository by relative path',
        },
      );
    }
    for (const candidate of candidates as string[])
      if (reader.snapshot.entry(candidate) !== undefined) await checkImports(reader, candidate, libraries, seen);
  }
}
