import type { JsonObject } from '@lockstep/structured-merge';
import { type MessageField, messageOf, packageOf } from './message-table.ts';
import { ProtobufError } from './protobuf-error.ts';
import { bytesOf, integerOf, readFields, textOf } from './wire-reader.ts';

/** `k8s` and a zero byte stand in front of every body. */
const magic = [0x6b, 0x38, 0x73, 0x00];

/** True for a body of `application/vnd.kubernetes.protobuf`. */
export function isKubernetesProtobuf(bytes: Uint8Array): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/**
 * Reads a Kubernetes protobuf body (an envelope with apiVersion and kind around the message) as the JSON object that
 * the same client would have sent. Throws ProtobufError: 400 for a body that is cut short, 415 for an unknown kind.
 */
export function decodeKubernetesProtobuf(bytes: Uint8Array): JsonObject {
  if (!isKubernetesProtobuf(bytes)) throw new ProtobufError('the body does not start like Kubernetes protobuf');
  let apiVersion = '';
  let kind = '';
  let raw: Uint8Array = new Uint8Array();
  for (const { number, value } of readFields(bytes.subarray(magic.length))) {
    if (number === 2) raw = bytesOf(value);
    if (number !== 1) continue;
    for (const field of readFields(bytesOf(value))) {
      if (field.number === 1) apiVersion = textOf(field.value);
      if (field.number === 2) kind = textOf(field.value);
    }
  }
  const [packageName, message] = tableOf(apiVersion, kind);
  const object: JsonObject = { apiVersion, kind };
  decodeInto(object, packageName, message, raw);
  return object;
}

/** Options are sent under the version of whatever they act on. */
const optionKinds = new Set(['DeleteOptions']);

function tableOf(apiVersion: string, kind: string): [packageName: string, message: string] {
  if (optionKinds.has(kind)) return ['meta', kind];
  const slash = apiVersion.indexOf('/');
  const packageName = packageOf(apiVersion.slice(0, Math.max(slash, 0)), apiVersion.slice(slash + 1));
  if (packageName === undefined || messageOf(packageName, kind) === undefined) {
    throw new ProtobufError(`${kind} of ${apiVersion} cannot be read as protobuf. Send it as application/json`, 415);
  }
  return [packageName, kind];
}

function decodeInto(object: JsonObject, packageName: string, name: string, bytes: Uint8Array): void {
  const message = messageOf(packageName, name);
  if (message === undefined) throw new Error(`the message tables refer to ${packageName}.${name}, which is not there`);
  for (const { number, value } of readFields(bytes)) {
    const field = message.get(number);
    // A newer client may send fields that this server does not know, as an older API server would see them.
    if (field !== undefined) setField(object, field, packageName, value);
  }
}

function setField(object: JsonObject, field: MessageField, packageName: string, value: bigint | Uint8Array): void {
  const { name, type } = field;
  if (name === '+') {
    const [inlinePackage, inlineName] = splitReference(type, packageName);
    decodeInto(object, inlinePackage, inlineName, bytesOf(value));
    return;
  }
  if (type.startsWith('[')) {
    const list = Array.isArray(object[name]) ? object[name] : [];
    list.push(decodeValue(type.slice(1, -1), packageName, value));
    object[name] = list;
    return;
  }
  if (type.startsWith('{')) {
    const map = (object[name] ?? {}) as JsonObject;
    setEntry(map, type.slice(1, -1), packageName, bytesOf(value));
    object[name] = map;
    return;
  }
  const decoded = decodeValue(type, packageName, value);
  if (field.isKeptWhenZero || !isZero(decoded)) object[name] = decoded;
}

function setEntry(map: JsonObject, type: string, packageName: string, bytes: Uint8Array): void {
  let key = '';
  let value: bigint | Uint8Array = new Uint8Array();
  for (const field of readFields(bytes)) {
    if (field.number === 1) key = textOf(field.value);
    if (field.number === 2) value = field.value;
  }
  Object.defineProperty(map, key, {
    value: decodeValue(type, packageName, value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function decodeValue(type: string, packageName: string, value: bigint | Uint8Array): unknown {
  switch (type) {
    case 's':
      return textOf(value);
    case 'i':
      return integerOf(value);
    case 'b':
      return value !== 0n;
    case 'd':
      return doubleOf(bytesOf(value));
    case 'y':
      return Buffer.from(bytesOf(value)).toString('base64');
    case 'q':
      return textOf(fieldOf(bytesOf(value), 1) ?? new Uint8Array());
    case 'x':
      return intOrStringOf(bytesOf(value));
    case 't':
      return timeOf(bytesOf(value), 0);
    case 'u':
      return timeOf(bytesOf(value), 6);
    case 'r':
      return rawJsonOf(bytesOf(value));
    default: {
      // A list as the value of a map is a message with the list as its only field.
      if (type.startsWith('[')) {
        const items: unknown[] = [];
        for (const field of readFields(bytesOf(value)))
          items.push(decodeValue(type.slice(1, -1), packageName, field.value));
        return items;
      }
      const [valuePackage, name] = splitReference(type, packageName);
      const object: JsonObject = {};
      decodeInto(object, valuePackage, name, bytesOf(value));
      return object;
    }
  }
}

function splitReference(type: string, packageName: string): [packageName: string, name: string] {
  const dot = type.indexOf('.');
  return dot < 0 ? [packageName, type] : [type.slice(0, dot), type.slice(dot + 1)];
}

/** What Go leaves out of JSON when the field is not a pointer; structs it leaves in carry nothing either. */
function isZero(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0 || value === false) return true;
  return value !== null && typeof value === 'object' && Object.keys(value).length === 0;
}

function fieldOf(bytes: Uint8Array, number: number): bigint | Uint8Array | undefined {
  let found: bigint | Uint8Array | undefined;
  for (const field of readFields(bytes)) if (field.number === number) found = field.value;
  return found;
}

function intOrStringOf(bytes: Uint8Array): number | string {
  const isText = (fieldOf(bytes, 1) ?? 0n) === 1n;
  if (isText) return textOf(fieldOf(bytes, 3) ?? new Uint8Array());
  return integerOf(fieldOf(bytes, 2) ?? 0n);
}

/** RFC 3339 in UTC; the zero time of Go counts as absent. */
function timeOf(bytes: Uint8Array, fractionDigits: number): string | undefined {
  const seconds = fieldOf(bytes, 1);
  if (seconds === undefined) return undefined;
  const date = new Date(integerOf(seconds) * 1000);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() <= 1) return undefined;
  const whole = date.toISOString().slice(0, 19);
  if (fractionDigits === 0) return `${whole}Z`;
  const nanos = integerOf(fieldOf(bytes, 2) ?? 0n);
  return `${whole}.${String(nanos).padStart(9, '0').slice(0, fractionDigits)}Z`;
}

function doubleOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0, true);
}

function rawJsonOf(bytes: Uint8Array): unknown {
  const raw = fieldOf(bytes, 1);
  if (raw === undefined) return undefined;
  const text = textOf(raw);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ProtobufError(`the protobuf body embeds text that is not JSON: ${(cause as Error).message}`);
  }
}
