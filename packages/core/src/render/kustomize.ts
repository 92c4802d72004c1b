import type { KustomizeSource } from '../application/source.ts';
import { RenderError } from '../errors.ts';
import { substituteEnvironment } from './build-environment.ts';

/** A kustomization as parsed YAML. */
export type Kustomization = Record<string, unknown>;

/** Whether the source changes the kustomization at all; if not, the checkout is built as it is. */
export function hasKustomizeEdits(kustomize: KustomizeSource | undefined): boolean {
  const { version: _version, kubeVersion: _kube, apiVersions: _apis, ...edits } = kustomize ?? {};
  return Object.values(edits).some(
    (value) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
}

/**
 * The kustomization with the source's settings written into it, as `kustomize edit` would: names are replaced, images and
 * replicas of the same name are merged, labels and annotations that exist are an error unless forced. Pure, so that no
 * binary with an `edit` command is needed. `componentExists` answers for `ignoreMissingComponents`.
 */
export function kustomizeEdits(
  kustomization: Kustomization,
  kustomize: KustomizeSource,
  context: { environment: Record<string, string>; componentExists: (path: string) => boolean; file?: string },
): Kustomization {
  const edited: Kustomization = { ...kustomization };
  if (isText(kustomize.namePrefix)) edited['namePrefix'] = kustomize.namePrefix;
  if (isText(kustomize.nameSuffix)) edited['nameSuffix'] = kustomize.nameSuffix;
  if (isText(kustomize.namespace)) edited['namespace'] = kustomize.namespace;
  for (const image of kustomize.images ?? [])
    edited['images'] = setByName(listOf(edited['images']), parseImageOverride(image));
  for (const { name, count } of kustomize.replicas ?? []) {
    edited['replicas'] = setByName(listOf(edited['replicas']), { name, count: wholeNumber(name, count) });
  }
  addLabels(edited, kustomize, context.file);
  addAnnotations(edited, kustomize, context);
  if ((kustomize.patches ?? []).length > 0)
    edited['patches'] = [...listOf(edited['patches']), ...(kustomize.patches ?? [])];
  for (const component of kustomize.components ?? []) {
    if (kustomize.ignoreMissingComponents === true && !context.componentExists(component)) continue;
    const components = listOf(edited['components']);
    if (!components.includes(component)) edited['components'] = [...components, component];
  }
  return edited;
}

/**
 * Arguments of the build. `standalone` is the kustomize binary; kubectl's own `kustomize` command lacks `build`. The
 * configured options are split at spaces, as Argo CD does.
 */
export function kustomizeBuildArguments(input: {
  path: string;
  buildOptions: string;
  standalone: boolean;
  kubeVersion: string;
  apiVersions: readonly string[];
}): string[] {
  const options = input.buildOptions.split(/\s+/).filter((option) => option !== '');
  const args = [input.standalone ? 'build' : 'kustomize', input.path, ...options];
  if (options.includes('--enable-helm')) {
    if (input.kubeVersion !== '') args.push('--helm-kube-version', input.kubeVersion);
    for (const version of input.apiVersions) args.push('--helm-api-versions', version);
  }
  return args;
}

/** The options for the version a source asks for. Throws when that version is not configured. */
export function kustomizeVersionOptions(
  kustomize: KustomizeSource | undefined,
  settings: { buildOptions: string; versions: Record<string, { path?: string; buildOptions?: string }> },
): { path: string | undefined; buildOptions: string } {
  const version = kustomize?.version ?? '';
  if (version === '') return { path: undefined, buildOptions: settings.buildOptions };
  const named = settings.versions[version];
  if (named?.path === undefined) {
    throw new RenderError('UnknownKustomizeVersion', `kustomize version ${version} is not registered`, {
      fix: `Add kustomize.path.${version} to argocd-cm, or remove kustomize.version from the source`,
    });
  }
  return { path: named.path, buildOptions: named.buildOptions ?? settings.buildOptions };
}

/** `[old=]name[:tag|@digest]` as an entry of a kustomization's `images`. */
export function parseImageOverride(text: string): Record<string, unknown> & { name: string } {
  const equals = text.indexOf('=');
  const image = equals < 0 ? text : text.slice(equals + 1);
  const digestAt = image.indexOf('@');
  const slash = image.lastIndexOf('/');
  const colon = image.indexOf(':', slash + 1);
  const repository = digestAt >= 0 ? image.slice(0, digestAt) : colon >= 0 ? image.slice(0, colon) : image;
  const withoutTag = digestAt >= 0 && colon >= 0 && colon < digestAt ? image.slice(0, colon) : repository;
  const name = equals < 0 ? withoutTag : text.slice(0, equals);
  const keepsTag = image === '' || image === '*';
  return {
    name,
    ...(equals >= 0 && !keepsTag && withoutTag !== '*' ? { newName: withoutTag } : {}),
    ...(digestAt >= 0 ? { digest: image.slice(digestAt + 1) } : colon >= 0 ? { newTag: image.slice(colon + 1) } : {}),
  };
}

/** A new tag replaces a digest and the other way round: together they would contradict each other. */
function setByName(list: unknown[], entry: Record<string, unknown> & { name: string }): unknown[] {
  const index = list.findIndex((candidate) => isRecord(candidate) && candidate['name'] === entry.name);
  if (index < 0) return [...list, entry];
  const merged: Record<string, unknown> = { ...(list[index] as Record<string, unknown>), ...entry };
  if (entry['newTag'] !== undefined) delete merged['digest'];
  if (entry['digest'] !== undefined) delete merged['newTag'];
  return list.with(index, merged);
}

function addLabels(edited: Kustomization, kustomize: KustomizeSource, file: string | undefined): void {
  const added = kustomize.commonLabels ?? {};
  if (Object.keys(added).length === 0) return;
  if (kustomize.labelWithoutSelector === true || kustomize.labelIncludeTemplates === true) {
    const labels = listOf(edited['labels']);
    const existing = Object.assign({}, ...labels.map((entry) => (isRecord(entry) ? entry['pairs'] : {}))) as Record<
      string,
      unknown
    >;
    refuseExisting('label', existing, added, kustomize.forceCommonLabels, file);
    const entry = { pairs: added, ...(kustomize.labelIncludeTemplates === true ? { includeTemplates: true } : {}) };
    edited['labels'] = [...labels, entry];
    return;
  }
  const existing = recordOf(edited['commonLabels']);
  refuseExisting('label', existing, added, kustomize.forceCommonLabels, file);
  edited['commonLabels'] = { ...existing, ...added };
}

function addAnnotations(
  edited: Kustomization,
  kustomize: KustomizeSource,
  context: { environment: Record<string, string>; file?: string },
): void {
  const added = Object.fromEntries(
    Object.entries(kustomize.commonAnnotations ?? {}).map(([key, value]) => [
      key,
      kustomize.commonAnnotationsEnvsubst === true ? substituteEnvironment(value, context.environment) : value,
    ]),
  );
  if (Object.keys(added).length === 0) return;
  const existing = recordOf(edited['commonAnnotations']);
  refuseExisting('annotation', existing, added, kustomize.forceCommonAnnotations, context.file);
  edited['commonAnnotations'] = { ...existing, ...added };
}

function refuseExisting(
  what: 'label' | 'annotation',
  existing: Record<string, unknown>,
  added: Record<string, unknown>,
  force: boolean | undefined,
  file: string | undefined,
): void {
  const clash = Object.keys(added).find((key) => Object.hasOwn(existing, key));
  if (clash === undefined || force === true) return;
  throw new RenderError('KustomizeClash', `${what} ${clash} already in kustomization file`, {
    ...(file === undefined ? {} : { file }),
    fix: `Set kustomize.${what === 'label' ? 'forceCommonLabels' : 'forceCommonAnnotations'}: true to overwrite it`,
  });
}

function wholeNumber(name: string, count: number | string): number {
  const number = Number(count);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new RenderError('InvalidReplicas', `kustomize.replicas: the count of ${name} is "${count}"`, {
    fix: 'Write a whole number of zero or more',
  });
}

function isText(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
