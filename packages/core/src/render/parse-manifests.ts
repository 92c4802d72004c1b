import { RenderError } from '../errors.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { parseKubernetesYaml } from './kubernetes-yaml.ts';
import type { RenderedManifest } from './rendered-manifests.ts';

/** Keeps a file out of rendering when it stands anywhere in it. */
export const SKIP_FILE_MARKER = '+argocd:skip-file-rendering';

/**
 * The manifests in a text of YAML or JSON documents. Lists are flattened, empty documents dropped. Throws `RenderError`
 * with file and line for what is no Kubernetes object.
 */
export function parseManifests(text: string, { file }: { file?: string } = {}): RenderedManifest[] {
  const options = file === undefined ? {} : { file };
  return parseKubernetesYaml(text, options).flatMap(({ document, line }) => manifestsOf(document, { file, line }));
}

/** As `parseManifests` for values that are already JSON, such as the result of Jsonnet: an object or nested lists of them. */
export function manifestsOf(
  document: unknown,
  { file, line }: { file: string | undefined; line?: number },
): RenderedManifest[] {
  if (document === undefined || document === null) return [];
  if (Array.isArray(document))
    return document.flatMap((item) => manifestsOf(item, { file, ...(line === undefined ? {} : { line }) }));
  const where = { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) };
  if (typeof document !== 'object') {
    throw new RenderError('InvalidManifest', `is ${describe(document)}, not a Kubernetes object`, {
      ...where,
      fix: 'Write a map with apiVersion, kind and metadata',
    });
  }
  const object = document as Record<string, unknown>;
  if (Object.keys(object).length === 0) return [];
  checkIdentity(object, where);
  if (isList(object)) {
    return (object['items'] as unknown[]).flatMap((item) =>
      manifestsOf(item, { file, ...(line === undefined ? {} : { line }) }),
    );
  }
  checkName(object as unknown as KubernetesObject, where);
  return [{ object: object as unknown as KubernetesObject, ...where }];
}

/** `kind: List` and typed lists such as ConfigMapList; a custom kind that merely ends in List has no `items` array. */
function isList(object: Record<string, unknown>): boolean {
  return String(object['kind']).endsWith('List') && Array.isArray(object['items']);
}

type Where = { file?: string; line?: number };

function checkIdentity(object: Record<string, unknown>, where: Where): void {
  for (const field of ['apiVersion', 'kind'] as const) {
    if (typeof object[field] === 'string' && object[field] !== '') continue;
    throw new RenderError(
      'InvalidManifest',
      `Object '${field === 'kind' ? 'Kind' : field}' is missing in the manifest`,
      {
        ...where,
        fix: `Add ${field}, or move the file out of the source's path when it is no manifest`,
      },
    );
  }
}

function checkName(object: KubernetesObject, where: Where): void {
  const metadata: unknown = object.metadata;
  const what = `${object.kind} (${object.apiVersion})`;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw new RenderError('InvalidManifest', `${what} has no metadata`, { ...where, fix: 'Add metadata with a name' });
  }
  const { name, generateName } = object.metadata;
  if (isText(name) || isText(generateName)) {
    checkStringMaps(object, what, where);
    return;
  }
  throw new RenderError('InvalidManifest', `${what} has no metadata.name`, {
    ...where,
    fix:
      name === undefined || name === null
        ? 'Add metadata.name'
        : `Quote metadata.name: ${JSON.stringify(name)} is ${describe(name)}, a name is text`,
  });
}

/** Labels and annotations that YAML read as numbers or booleans are the most common mistake; the server's answer names no line. */
function checkStringMaps(object: KubernetesObject, what: string, where: Where): void {
  for (const map of ['labels', 'annotations'] as const) {
    const values: unknown = object.metadata[map];
    if (values === undefined || values === null) continue;
    if (typeof values !== 'object' || Array.isArray(values)) {
      throw new RenderError('InvalidManifest', `${what}: metadata.${map} is ${describe(values)}, not a map`, {
        ...where,
        fix: `Write metadata.${map} as \`key: "value"\` lines`,
      });
    }
    for (const [key, value] of Object.entries(values)) {
      if (typeof value === 'string' || value === null) continue;
      throw new RenderError('InvalidManifest', `${what}: metadata.${map}["${key}"] is ${describe(value)}, not text`, {
        ...where,
        fix: `Quote it: ${key}: ${JSON.stringify(String(value))}`,
      });
    }
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}
