import { ANNOTATION_LAST_APPLIED } from '../kubernetes/annotations.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { isSecret } from '../kubernetes/well-known-kinds.ts';

export interface MaskOptions {
  /** Annotations whose values are secret too, of any kind: `resource.sensitive.mask.annotations`. */
  annotations?: readonly string[];
}

/**
 * The states of one resource (target, live, predicted …) with every secret value replaced: `data` and `stringData` of
 * core Secrets, the last-applied annotation of Secrets, and the configured annotations of any kind. Each distinct value
 * becomes a run of `+` of its own length (8, 12, 16 …), the same in every state given together, so that one still sees
 * that a value changed. Mask all states of a resource in one call; never mix runs of several calls.
 *
 * A value that already looks like a mask is masked again: it may be a real value made to look so.
 */
export function maskSecrets<const T extends readonly (KubernetesObject | undefined)[]>(
  states: T,
  options: MaskOptions = {},
): { [K in keyof T]: T[K] } {
  const mask = maskByValue();
  return states.map((state) => (state === undefined ? undefined : maskObject(state, mask, options))) as {
    [K in keyof T]: T[K];
  };
}

/** Whether masking would change the object. */
export function hasSecrets(object: KubernetesObject, options: MaskOptions = {}): boolean {
  if (isSecret(object)) return true;
  const annotations = object.metadata.annotations ?? {};
  const noted = annotations[ANNOTATION_LAST_APPLIED] ?? '';
  return (options.annotations ?? []).some((key) => annotations[key] !== undefined || noted.includes(key));
}

type Mask = (value: string) => string;

const SHORTEST_RUN = 8;
const STEP = 4;

function maskByValue(): Mask {
  const runs = new Map<string, string>();
  return (value) => {
    const known = runs.get(value);
    if (known !== undefined) return known;
    const run = '+'.repeat(SHORTEST_RUN + STEP * runs.size);
    runs.set(value, run);
    return run;
  };
}

function maskObject(object: KubernetesObject, mask: Mask, options: MaskOptions): KubernetesObject {
  if (!hasSecrets(object, options)) return object;
  const result: KubernetesObject = { ...object, metadata: { ...object.metadata } };
  if (object.metadata.annotations !== undefined) {
    result.metadata.annotations = maskAnnotations(object, mask, options);
  }
  if (!isSecret(object)) return result;
  if (object['data'] !== undefined) result['data'] = maskValues(object['data'], (value) => mask(bytesOfBase64(value)));
  if (object['stringData'] !== undefined)
    result['stringData'] = maskValues(object['stringData'], (value) => mask(bytesOfText(value)));
  // Data under a misspelled name, or a list of Secrets inside one, is as secret as the rest.
  for (const field of Object.keys(object)) {
    if (!SECRET_FIELDS.has(field)) result[field] = maskValues(object[field], (value) => mask(bytesOfText(value)));
  }
  return result;
}

const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'metadata',
  'type',
  'immutable',
  'data',
  'stringData',
]);

/**
 * `data` is base64 of what `stringData` holds as it is, and the same secret gets the same run in either. Bytes are kept
 * one per character: decoding them as text would make different binary values equal.
 */
function bytesOfBase64(value: string): string {
  try {
    return atob(value);
  } catch {
    return `not base64: ${value}`;
  }
}

function bytesOfText(value: string): string {
  let bytes = '';
  for (const byte of new TextEncoder().encode(value)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** Anything that is no map of texts is no valid Secret, and may be a secret put in the wrong place: all of it is masked. */
function maskValues(values: unknown, mask: Mask): unknown {
  if (values === null) return null;
  if (typeof values !== 'object' || Array.isArray(values)) return mask(JSON.stringify(values));
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const text = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
      return [key, mask(text)];
    }),
  );
}

function maskAnnotations(object: KubernetesObject, mask: Mask, options: MaskOptions): Record<string, string> {
  const annotations = { ...object.metadata.annotations };
  for (const key of options.annotations ?? []) {
    if (annotations[key] !== undefined) annotations[key] = mask(annotations[key]);
  }
  if (annotations[ANNOTATION_LAST_APPLIED] === undefined) return annotations;
  annotations[ANNOTATION_LAST_APPLIED] = maskLastApplied(
    annotations[ANNOTATION_LAST_APPLIED],
    isSecret(object),
    mask,
    options,
  );
  return annotations;
}

function maskLastApplied(text: string, isOfSecret: boolean, mask: Mask, options: MaskOptions): string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'metadata' in parsed) {
      // The noted configuration of a Secret is a Secret, whatever it claims to be.
      const noted = { ...(parsed as KubernetesObject), ...(isOfSecret ? { apiVersion: 'v1', kind: 'Secret' } : {}) };
      if (typeof noted.metadata !== 'object' || noted.metadata === null) return mask(text);
      return JSON.stringify(maskObject(noted, mask, options));
    }
  } catch {
    // Not JSON: all of it is hidden.
  }
  return mask(text);
}
