/** Facts and advice travel as fields, so that every edge (condition, HTTP, stream) can show them its own way. */
export class GitOpsError extends Error {
  /** Stable identifier such as `InvalidSpec`; the last path element of the error's documentation. */
  readonly code: string;
  /** What to do next, one sentence for the person who reads it. */
  readonly fix: string | undefined;

  constructor(code: string, message: string, options?: { fix?: string; cause?: unknown }) {
    super(options?.fix === undefined ? message : `${message}. ${options.fix}`, { cause: options?.cause });
    this.name = new.target.name;
    this.code = code;
    this.fix = options?.fix;
  }
}

/** A human must act; repeating changes nothing. */
export class TerminalError extends GitOpsError {}

/** Worth repeating at a known time: `retryAfter` is in milliseconds from now. */
export class WaitingError extends GitOpsError {
  readonly retryAfter: number;
  constructor(code: string, message: string, options: { retryAfter: number; fix?: string; cause?: unknown }) {
    super(code, message, options);
    this.retryAfter = options.retryAfter;
  }
}

/** The Kubernetes API server refused or failed a request. */
export class ClusterError extends GitOpsError {
  /** HTTP status; 0 when the server could not be reached. */
  readonly status: number;
  /** `reason` of the Kubernetes Status: NotFound, Conflict, Invalid, Forbidden, AlreadyExists, Expired … */
  readonly reason: string;
  readonly causes: { reason?: string; message?: string; field?: string }[];
  readonly retryAfterSeconds: number | undefined;
  constructor(
    message: string,
    facts: {
      status: number;
      reason: string;
      causes?: { reason?: string; message?: string; field?: string }[];
      retryAfterSeconds?: number;
      cause?: unknown;
    },
  ) {
    super(facts.reason === '' ? 'ClusterError' : facts.reason, message, { cause: facts.cause });
    this.status = facts.status;
    this.reason = facts.reason;
    this.causes = facts.causes ?? [];
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }

  /** The server could not be reached or had no time: nothing is known about the request's object, and repeating helps. */
  get isTransient(): boolean {
    return [0, 429, 502, 503, 504].includes(this.status);
  }
}

/** A source cannot be rendered: a manifest that does not parse, a missing path, a tool that failed. */
export class RenderError extends GitOpsError {
  readonly file: string | undefined;
  readonly line: number | undefined;
  constructor(
    code: string,
    message: string,
    options?: { file?: string; line?: number; fix?: string; cause?: unknown },
  ) {
    const where =
      options?.file === undefined ? '' : `${options.file}${options.line === undefined ? '' : `:${options.line}`}: `;
    super(code, `${where}${message}`, options);
    this.file = options?.file;
    this.line = options?.line;
  }
}
