import { Catch, HttpException, HttpStatus, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreUnavailableError } from '@manifold/store';
import { ProblemError, type ProblemBody } from './problem.js';

/** Maps error codes of Fastify's handling of paths and bodies to problems of this API. */
const FASTIFY_PROBLEMS: Readonly<Record<string, readonly [status: number, code: string, message: string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'unsupported_media_type', 'The body must be application/json'],
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'payload_too_large', 'The body is too large'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'invalid_request', 'Content-Length does not match the body'],
  FST_ERR_MAX_PARAM_LENGTH: [400, 'invalid_request', 'A part of the path is too long to be a name'],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'invalid_request', 'The body is empty'],
};

/** Converts any error of a route to a ProblemError. An unexpected error becomes 500 without details. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof StoreUnavailableError) {
    return new ProblemError(503, 'store_unavailable', 'The database does not answer', { retryAfter: 5, cause: error });
  }
  const code = (error as { code?: unknown } | null)?.code;
  const known = typeof code === 'string' ? FASTIFY_PROBLEMS[code] : undefined;
  if (known) return new ProblemError(...known);
  if (error instanceof HttpException && error.getStatus() < 500) {
    return new ProblemError(error.getStatus(), statusCode(error.getStatus()), error.message);
  }
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ProblemError(status, statusCode(status), 'The request cannot be understood', { cause: error });
  }
  return new ProblemError(500, 'internal_error', 'Something went wrong on the gateway', { cause: error });
}

/** `404` → `not_found`. */
const statusCode = (status: number): string => (HttpStatus[status] ?? 'error').toLowerCase();

/** `404` → `Not found`. */
const statusTitle = (status: number): string => {
  const words = statusCode(status).replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export function problemBody(problem: ProblemError, requestId: string): ProblemBody {
  return {
    ...problem.extensions,
    type: 'about:blank',
    title: statusTitle(problem.status),
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    requestId,
    ...(problem.errors.length > 0 && { errors: problem.errors }),
    success: false,
    error: problem.message,
  };
}

const problems = new WeakMap<FastifyRequest, ProblemError>();

/** Returns the problem that a request was answered with, for logs of requests. */
export const problemOf = (request: FastifyRequest): ProblemError | undefined => problems.get(request);

/** Notes the problem of an answer that is not written here. */
export const noteProblem = (request: FastifyRequest, problem: ProblemError): void =>
  void problems.set(request, problem);

/** The only place that writes the errors of HTTP routes. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.write(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Writes an error as a problem. It is also Fastify's error handler, for requests that fail before a route is reached. */
  write(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = toProblem(error);
    noteProblem(request, problem);
    if (problem.status >= 500 && !problem.isExpected) {
      this.logger.error({
        msg: problem.message,
        requestId: request.id,
        code: problem.code,
        err: problem.cause ?? error,
      });
    }
    if (reply.sent) return;
    if (problem.retryAfter !== undefined) void reply.header('retry-after', String(Math.ceil(problem.retryAfter)));
    void reply
      .headers(problem.headers)
      .status(problem.status)
      .type('application/problem+json; charset=utf-8')
      .send(problemBody(problem, request.id));
  }
}
