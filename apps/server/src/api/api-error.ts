import { GitOpsError } from '@lockstep/core';

/** gRPC status codes, which Argo CD's answers carry as `code`, and the HTTP status of each. */
const statuses = {
  Canceled: { code: 1, http: 408 },
  Unknown: { code: 2, http: 500 },
  InvalidArgument: { code: 3, http: 400 },
  DeadlineExceeded: { code: 4, http: 504 },
  NotFound: { code: 5, http: 404 },
  AlreadyExists: { code: 6, http: 409 },
  PermissionDenied: { code: 7, http: 403 },
  ResourceExhausted: { code: 8, http: 429 },
  FailedPrecondition: { code: 9, http: 400 },
  Aborted: { code: 10, http: 409 },
  OutOfRange: { code: 11, http: 400 },
  Unimplemented: { code: 12, http: 501 },
  Internal: { code: 13, http: 500 },
  Unavailable: { code: 14, http: 503 },
  Unauthenticated: { code: 16, http: 401 },
} as const;

export type ApiStatus = keyof typeof statuses;

/** Refuses a request. `message` is what the caller reads; it must not say more than the caller may know. */
export class ApiError extends GitOpsError {
  readonly status: ApiStatus;
  /** For programs: `PLAN_STALE`. */
  readonly reason: string | undefined;
  /** An HTTP status that the gRPC code does not imply, such as 415. */
  readonly httpStatus: number;
  /** The message without the fix, as Argo CD's clients compare it. */
  readonly summary: string;

  constructor(
    status: ApiStatus,
    message: string,
    options: { fix?: string; reason?: string; httpStatus?: number; cause?: unknown } = {},
  ) {
    super(status, message, options);
    this.status = status;
    this.summary = message;
    this.reason = options.reason;
    this.httpStatus = options.httpStatus ?? statuses[status].http;
  }

  get grpcCode(): number {
    return statuses[this.status].code;
  }
}

/** The one answer to everything about an application the caller may not see, whether or not it exists. */
export function permissionDenied(): ApiError {
  return new ApiError('PermissionDenied', 'permission denied');
}
