import type { JsonObject } from '@lockstep/structured-merge';
import { ensureObject, fill, fillZero, objectAt } from './fill.ts';

export function defaultNamespace(object: JsonObject): void {
  const metadata = ensureObject(object, 'metadata');
  const name = metadata['name'];
  if (typeof name === 'string' && name !== '') ensureObject(metadata, 'labels')['kubernetes.io/metadata.name'] = name;
  fill(ensureObject(object, 'spec'), 'finalizers', ['kubernetes']);
  fillZero(ensureObject(object, 'status'), 'phase', 'Active');
}

export function defaultSecret(object: JsonObject): void {
  fillZero(object, 'type', 'Opaque');
}

export function defaultNode(object: JsonObject): void {
  ensureObject(object, 'spec');
  const status = objectAt(object, 'status');
  const capacity = objectAt(status, 'capacity');
  if (status !== undefined && capacity !== undefined) fill(status, 'allocatable', { ...capacity });
}

export function defaultTokenRequest(object: JsonObject): void {
  fill(ensureObject(object, 'spec'), 'expirationSeconds', 3600);
}
