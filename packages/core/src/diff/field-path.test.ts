import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { ownedPaths, ownersOfPath, valueAtPath } from './field-path.ts';

const live: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    finalizers: ['x'],
    managedFields: [
      {
        manager: 'old',
        operation: 'Update',
        time: '2026-01-01T00:00:00Z',
        fieldsV1: { 'f:spec': { 'f:selector': {} } },
      },
      {
        manager: 'new',
        operation: 'Apply',
        time: '2026-02-01T00:00:00Z',
        fieldsV1: { 'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } } } },
      },
      { manager: 'set', operation: 'Update', fieldsV1: { 'f:metadata': { 'f:finalizers': { '.': {}, 'v:"x"': {} } } } },
    ],
  },
  spec: {
    selector: { app: 'a' },
    ports: [
      { port: 443, protocol: 'TCP' },
      { port: 80, protocol: 'TCP', name: 'http' },
    ],
  },
};
const http = { item: { name: 'http' } };

describe('field paths', () => {
  it('find list items by identity', () => {
    expect(valueAtPath(live, ['spec', 'ports', http, 'port'])).toBe(80);
    expect(valueAtPath(live, ['spec', 'ports', { item: { name: 'none' } }])).toBeUndefined();
  });

  it('have the owners of the place, of what is below it, and of the whole above it', () => {
    const managers = (...segments: Parameters<typeof valueAtPath>[1]) =>
      ownersOfPath(live, segments).map(({ manager }) => manager);
    expect(managers('spec', 'ports', http, 'name')).toEqual(['new']);
    expect(managers('spec', 'ports', http, 'targetPort')).toEqual([]);
    expect(managers('spec', 'selector', 'app')).toEqual(['old']);
    expect(managers('spec')).toEqual(['new', 'old']);
    expect(managers('status')).toEqual([]);
  });

  it('list what an entry owns', () => {
    const entries = live.metadata.managedFields ?? [];
    expect(entries.map((entry) => ownedPaths(live, entry))).toEqual([
      [['spec', 'selector']],
      [['spec', 'ports', { item: { port: 80, protocol: 'TCP' } }, 'name']],
      [['metadata', 'finalizers']],
    ]);
  });
});
