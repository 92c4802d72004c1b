/** A protobuf body that cannot be read: bad framing, or a kind without a table (answer 415 and name JSON). */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
  readonly status: 400 | 415;
  constructor(message: string, status: 400 | 415 = 400) {
    super(message);
    this.status = status;
  }
}
