import { load } from 'js-yaml';
import type { ApplicationSource } from '../application/source.ts';
import { RenderError } from '../errors.ts';
import { cleanPath, joinPath, type TreeReader } from './tree-reader.ts';

/** What says where manifests come from stays with the Application: a repository must not redirect its readers. */
const FIXED_FIELDS = ['repoURL', 'path', 'chart', 'targetRevision', 'ref', 'name', 'tagPrefix'] as const;

/**
 * The source with `.argocd-source.yaml`, then `.argocd-source-<instance name>.yaml` of its path merged over it, as a JSON
 * merge patch. Whoever can push to the repository sets these parameters, so every check of a source runs on this result.
 */
export async function effectiveSource(
  reader: TreeReader,
  source: ApplicationSource,
  application: { instanceName: string },
): Promise<ApplicationSource> {
  if (source.chart !== undefined && source.chart !== '') return source;
  let merged: Record<string, unknown> = { ...source };
  for (const name of ['.argocd-source.yaml', `.argocd-source-${application.instanceName}.yaml`]) {
    const file = joinPath(cleanPath(source.path ?? ''), name) as string;
    const text = await reader.readFile(file);
    if (text === undefined) continue;
    merged = mergePatch(merged, parseOverrides(text, file)) as Record<string, unknown>;
    for (const field of FIXED_FIELDS) {
      if (source[field] === undefined) delete merged[field];
      else merged[field] = source[field];
    }
  }
  return merged as ApplicationSource;
}

function parseOverrides(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = load(text);
  } catch (error) {
    const line = (error as { mark?: { line?: number } }).mark?.line;
    throw new RenderError('InvalidSourceOverrides', 'is not valid YAML', {
      file,
      ...(line === undefined ? {} : { line: line + 1 }),
      fix: 'Correct the file or remove it',
      cause: error,
    });
  }
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RenderError('InvalidSourceOverrides', 'must be a map of source fields', {
    file,
    fix: 'Write fields of an Application source, such as `helm:` or `kustomize:`',
  });
}

/** RFC 7386: maps merge, null removes, everything else replaces. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key === '__proto__') continue;
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
