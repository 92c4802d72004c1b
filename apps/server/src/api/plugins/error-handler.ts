import { ClusterError, type GitOpsError, RenderError, TerminalError, WaitingError } from '@lockstep/core';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LoginFailed } from '../../auth/oidc-client.ts';
import { ApiError, type ApiStatus, permissionDenied } from '../api-error.ts';

/** Every error leaves here, in Argo CD's shape with our advice beside it. Unknown ones say nothing but the request's id. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = translate(error);
    if (known.httpStatus >= 500) request.log.error({ err: error }, 'request failed');
    return sendError(known, request, reply);
  });
}

/** Writes an error as the answer. */
export function sendError(error: ApiError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(error.httpStatus)
    .type('application/json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(errorBody(error, request.id));
}

/** `{error, code, message}` as Argo CD's clients expect, with `fix`, `reason` and, when we are to blame, `requestId`. */
export function errorBody(error: ApiError, requestId: string): Record<string, unknown> {
  return {
    error: error.summary,
    code: error.grpcCode,
    message: error.summary,
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    ...(error.reason === undefined ? {} : { reason: error.reason }),
    ...(error.httpStatus >= 500 ? { requestId } : {}),
  };
}

/** What a caller may know of an error. */
export function translate(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof ClusterError) return fromCluster(error);
  if (error instanceof LoginFailed) return new ApiError('Unavailable', error.message);
  if (error instanceof RenderError || error instanceof TerminalError) {
    return new ApiError('InvalidArgument', withoutFix(error), fixOf(error));
  }
  if (error instanceof WaitingError) return new ApiError('Unavailable', withoutFix(error), fixOf(error));
  return fromFastify(error as Partial<FastifyError>);
}

const clusterReasons: Record<string, ApiStatus> = {
  NotFound: 'NotFound',
  AlreadyExists: 'AlreadyExists',
  Invalid: 'InvalidArgument',
  BadRequest: 'FailedPrecondition',
  Forbidden: 'PermissionDenied',
  Unauthorized: 'Unavailable',
  Conflict: 'Aborted',
  TooManyRequests: 'ResourceExhausted',
  Timeout: 'DeadlineExceeded',
  ServerTimeout: 'Unavailable',
  ServiceUnavailable: 'Unavailable',
  MethodNotAllowed: 'Unimplemented',
};

function fromCluster(error: ClusterError): ApiError {
  if (error.status === 0) return new ApiError('Unavailable', error.message);
  return new ApiError(clusterReasons[error.reason] ?? 'Internal', error.message);
}

function fromFastify(error: Partial<FastifyError>): ApiError {
  if (error.validation !== undefined) return new ApiError('InvalidArgument', error.message ?? 'invalid request');
  switch (error.statusCode) {
    case 400:
    case 414:
    case 431:
      return new ApiError('InvalidArgument', error.message ?? 'invalid request', { httpStatus: error.statusCode });
    case 403:
      return permissionDenied();
    case 404:
      return new ApiError('NotFound', 'Not Found');
    case 413:
      return new ApiError('ResourceExhausted', 'the request body is too large', { httpStatus: 413 });
    case 415:
      return new ApiError('InvalidArgument', 'Invalid content type', { httpStatus: 415 });
    default:
      return new ApiError('Internal', 'internal error', { fix: 'Look for the request id in the log of the API' });
  }
}

function withoutFix(error: GitOpsError): string {
  const tail = error.fix === undefined ? '' : `. ${error.fix}`;
  return tail !== '' && error.message.endsWith(tail) ? error.message.slice(0, -tail.length) : error.message;
}

function fixOf(error: GitOpsError): { fix?: string } {
  return error.fix === undefined ? {} : { fix: error.fix };
}
