import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { builtInType } from '../openapi/index.ts';
import { type DecodedObject, decodeObject } from './decode-object.ts';

function decodePod(spec: JsonObject): DecodedObject {
  const type = builtInType({ group: '', version: 'v1', kind: 'Pod' });
  if (type === undefined) throw new Error('no type for Pod');
  return decodeObject(type, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });
}

describe('decodeObject', () => {
  it('drops and names unknown fields, at any depth', () => {
    const { object, unknownFields } = decodePod({ nope: 1, containers: [{ name: 'a', image: 'b', nah: true }] });
    expect(unknownFields).toEqual(['spec.nope', 'spec.containers[0].nah']);
    expect(object['spec']).toEqual({ containers: [{ name: 'a', image: 'b' }] });
  });

  it('drops nulls and what Go leaves out when it is empty, and keeps pointers', () => {
    const container = {
      name: 'a',
      image: 'b',
      args: [],
      command: null,
      tty: false,
      env: [{ name: 'E', value: '' }],
      securityContext: { privileged: false },
    };
    const { object } = decodePod({
      hostNetwork: false,
      automountServiceAccountToken: false,
      nodeSelector: {},
      containers: [container],
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    expect(object['spec']).toEqual({
      automountServiceAccountToken: false,
      containers: [{ name: 'a', image: 'b', env: [{ name: 'E' }], securityContext: { privileged: false } }],
      volumes: [{ name: 'v', emptyDir: {} }],
    });
  });

  it('tells the first value of a wrong type', () => {
    expect(decodePod({ containers: [{ name: 1 }] }).typeError).toBe(
      'json: cannot unmarshal number into Go struct field spec.containers.name of type string',
    );
    expect(decodePod({ containers: 'x' }).typeError).toBe(
      'json: cannot unmarshal string into Go struct field spec.containers of type []struct',
    );
    expect(decodePod({ terminationGracePeriodSeconds: 1.5 }).typeError).toContain('cannot unmarshal number 1.5');
  });

  it('refuses Secret data that is no base64', () => {
    const type = builtInType({ group: '', version: 'v1', kind: 'Secret' });
    if (type === undefined) throw new Error('no type for Secret');
    expect(decodeObject(type, { data: { a: 'aGk=' } }).typeError).toBeUndefined();
    expect(decodeObject(type, { data: { a: 'a!' } }).typeError).toBe('illegal base64 data at input byte 1');
  });
});
