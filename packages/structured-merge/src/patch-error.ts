/** A patch that cannot be applied. `status` is the HTTP status the API server answers with. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
  readonly status: 400 | 422;
  constructor(message: string, status: 400 | 422 = 400) {
    super(message);
    this.status = status;
  }
}
