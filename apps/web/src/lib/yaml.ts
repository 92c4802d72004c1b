import { dump, JSON_SCHEMA, load } from 'js-yaml';

const keyOrder = ['apiVersion', 'kind', 'metadata', 'name', 'namespace'];

/** Kubernetes' own order first (apiVersion, kind, metadata), then alphabetical: two dumps of one object are equal text. */
export function toYaml(value: unknown): string {
  return dump(value, { lineWidth: -1, noRefs: true, schema: JSON_SCHEMA, sortKeys: compareKeys });
}

/** @throws YAMLException that names line and column */
export function fromYaml(text: string): unknown {
  return load(text, { schema: JSON_SCHEMA, json: true });
}

function compareKeys(a: string, b: string): number {
  const rank = (key: string) => (keyOrder.indexOf(key) + keyOrder.length + 1) % (keyOrder.length + 1);
  return rank(a) - rank(b) || (a < b ? -1 : Number(a > b));
}

/** What a person wants to read of a live object: without the bookkeeping of field ownership and the last-applied copy. */
export function withoutBookkeeping(manifest: unknown): unknown {
  if (typeof manifest !== 'object' || manifest === null || !('metadata' in manifest)) return manifest;
  const { managedFields: _managedFields, ...metadata } = manifest.metadata as Record<string, unknown>;
  const annotations = metadata['annotations'] as Record<string, string> | undefined;
  if (annotations?.['kubectl.kubernetes.io/last-applied-configuration'] !== undefined) {
    const { 'kubectl.kubernetes.io/last-applied-configuration': _lastApplied, ...kept } = annotations;
    metadata['annotations'] = kept;
  }
  return { ...manifest, metadata };
}
