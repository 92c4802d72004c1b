import { readFileSync } from 'node:fs';
import type { JsonObject } from '@lockstep/structured-merge';
import { describe, expect, test } from 'vitest';
import { decodeKubernetesProtobuf, isKubernetesProtobuf } from './decode.ts';
import { messageOf, packageOf } from './message-table.ts';
import { ProtobufError } from './protobuf-error.ts';

/** Objects and their bytes, recorded from the serializer of k8s.io/apimachinery v0.36. */
const recorded = readFileSync(new URL('../../tests/vectors/protobuf.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as { bytes: string; object: JsonObject });

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

/** The first four bytes and an envelope with these fields. */
function envelope(apiVersion: string, kind: string, raw: number[] = []): Uint8Array {
  const text = (field: number, value: string) => [field * 8 + 2, value.length, ...Buffer.from(value)];
  const type = [...text(1, apiVersion), ...text(2, kind)];
  return Uint8Array.from([...Buffer.from('k8s\0'), 10, type.length, ...type, 18, raw.length, ...raw]);
}

describe('decodeKubernetesProtobuf', () => {
  test.each(
    recorded.map(({ bytes, object }) => [`${String(object['apiVersion'])} ${String(object['kind'])}`, bytes, object]),
  )('reads %s as the JSON it stands for', (_name, bytes, object) => {
    expect(decodeKubernetesProtobuf(bytesOf(bytes as string))).toMatchObject(object as JsonObject);
  });

  test('adds nothing that the client did not set', () => {
    const deployment = recorded.find(({ object }) => object['kind'] === 'Deployment');
    expect(decodeKubernetesProtobuf(bytesOf(deployment?.bytes ?? ''))).toEqual(deployment?.object);
  });

  test('knows its bodies by their first bytes', () => {
    expect(isKubernetesProtobuf(envelope('v1', 'Pod'))).toBe(true);
    expect(isKubernetesProtobuf(Buffer.from('{"kind":"Pod"}'))).toBe(false);
  });

  test('skips fields it does not know, whatever their wire type', () => {
    const tag = (wire: number) => [((1000 * 8) & 0x78) | wire | 0x80, 0x3e];
    const raw = [...tag(0), 1, ...tag(1), 1, 2, 3, 4, 5, 6, 7, 8, ...tag(2), 1, 0, ...tag(5), 1, 2, 3, 4];
    expect(decodeKubernetesProtobuf(envelope('v1', 'ConfigMap', raw))).toEqual({ apiVersion: 'v1', kind: 'ConfigMap' });
  });

  test('refuses a kind without a table with 415, a broken body with 400', () => {
    const statusOf = (bytes: Uint8Array) => {
      try {
        decodeKubernetesProtobuf(bytes);
      } catch (error) {
        return error instanceof ProtobufError ? error.status : error;
      }
      return undefined;
    };
    expect(statusOf(envelope('example.com/v1', 'Thing'))).toBe(415);
    expect(statusOf(envelope('v1', 'Thing'))).toBe(415);
    expect(statusOf(Buffer.from('{}'))).toBe(400);
    const whole = bytesOf(recorded[1]?.bytes ?? '');
    expect(statusOf(whole.subarray(0, whole.length - 5))).toBe(400);
    expect(statusOf(envelope('v1', 'ConfigMap', [0x0b]))).toBe(400);
  });
});

describe('message tables', () => {
  test('refer only to messages that exist', () => {
    const seen = new Set<string>();
    const visit = (packageName: string, name: string): void => {
      const id = `${packageName}.${name}`;
      if (seen.has(id)) return;
      seen.add(id);
      const message = messageOf(packageName, name);
      expect(message, id).toBeDefined();
      for (const { type } of message?.values() ?? []) {
        for (const reference of type.match(/(?:[a-z0-9]+\.)?[A-Z]\w*/g) ?? []) {
          const [first = '', second] = reference.split('.');
          visit(second === undefined ? packageName : first, second ?? first);
        }
      }
    };
    for (const { object } of recorded) {
      const [version = '', group = ''] = String(object['apiVersion']).split('/').reverse();
      const packageName = object['kind'] === 'DeleteOptions' ? 'meta' : packageOf(group, version);
      visit(packageName ?? '', String(object['kind']));
    }
    expect(seen.size).toBeGreaterThan(250);
  });
});
