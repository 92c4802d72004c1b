import { ProtobufError } from './protobuf-error.ts';

/** One field as it stands on the wire. */
export interface WireField {
  number: number;
  /** A varint, or the bytes of a length-delimited or fixed-size field. */
  value: bigint | Uint8Array;
}

/** Reads the fields of a protobuf message in order. Throws ProtobufError when the message is cut short. */
export function* readFields(bytes: Uint8Array): Generator<WireField> {
  let position = 0;
  const readVarint = (): bigint => {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[position];
      if (byte === undefined) throw new ProtobufError('the protobuf body ends within a number');
      position += 1;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, result);
    }
    throw new ProtobufError('the protobuf body has a number of more than ten bytes');
  };
  const take = (length: number): Uint8Array => {
    if (position + length > bytes.length) throw new ProtobufError('the protobuf body ends within a field');
    position += length;
    return bytes.subarray(position - length, position);
  };
  while (position < bytes.length) {
    const tag = Number(readVarint());
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, value: readVarint() };
        break;
      case 1:
        yield { number, value: take(8) };
        break;
      case 2:
        yield { number, value: take(Number(readVarint())) };
        break;
      case 5:
        yield { number, value: take(4) };
        break;
      default:
        throw new ProtobufError(`the protobuf body has a field of the unknown wire type ${tag % 8}`);
    }
  }
}

/** Text of a string field. */
export function textOf(value: bigint | Uint8Array): string {
  return typeof value === 'bigint' ? value.toString() : new TextDecoder().decode(value);
}

/** A signed integer. Kubernetes has none that JavaScript cannot hold exactly. */
export function integerOf(value: bigint | Uint8Array): number {
  if (typeof value !== 'bigint') throw new ProtobufError('the protobuf body has bytes where a number is wanted');
  return Number(BigInt.asIntN(64, value));
}

/** The bytes of a length-delimited field. */
export function bytesOf(value: bigint | Uint8Array): Uint8Array {
  if (typeof value === 'bigint') throw new ProtobufError('the protobuf body has a number where a message is wanted');
  return value;
}
