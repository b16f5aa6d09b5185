import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { FieldFault, ProblemBody } from './problem.js';

/** A field that made the request unacceptable. */
export class FieldFaultDto implements FieldFault {
  /** JSON pointer to the field (RFC 6901). */
  pointer: string;

  /** Code of the rule that the field breaks, for programs. */
  code: string;
  detail: string;
}

/** The reason why a request was refused (RFC 9457). Some errors have further members. */
export class ProblemDto implements Omit<ProblemBody, 'type' | 'success'> {
  /** Always `about:blank`: the status and the code identify the problem. */
  type: string;
  title: string;

  /** The HTTP status. */
  status: number;

  /** The cause, for people. */
  detail: string;

  /** The cause, for programs; for example `server_not_found`. */
  code: string;

  /** The id of the request in the gateway's log. */
  requestId: string;

  /** With status 400: each invalid field. */
  errors?: FieldFaultDto[];

  /** Always false. */
  success: boolean;

  /** The same as `detail`. */
  error: string;
}

const MEANINGS = {
  400: 'The body is not valid JSON, or a field is missing, unknown or invalid',
  401: 'The credential is missing or invalid',
  403: 'The caller may not do this, or the Host or Origin header is not allowed',
  404: 'The resource does not exist in the tenant of the caller',
  409: 'The current state does not allow the request: for example, the name is taken, or the server is disabled',
  413: 'The body is too large',
  415: 'The body is not application/json, is compressed, or is not UTF-8',
  422: 'The request is well-formed but cannot be carried out. `code` says why',
  429: 'The caller or the server of the tool has reached a rate limit. Retry after the time in Retry-After',
  502: 'The server of the tool refused the call, or the package registry cannot be reached',
  503: 'The database or the server of the tool is unavailable, or the gateway is overloaded. Retry after the time in Retry-After',
  504: 'The server of the tool did not answer in time',
} as const;

const TEMPORARY: readonly number[] = [429, 503];
/** The headers of refusals that a later retry can overcome, for the OpenAPI document. */
export const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds to wait before the next attempt',
    schema: { type: 'integer', minimum: 1 },
  },
} as const;

/** Documents the error statuses of a route, or of each route of a controller, in the OpenAPI document. */
export const ApiProblems = (...statuses: (keyof typeof MEANINGS)[]): ClassDecorator & MethodDecorator =>
  applyDecorators(
    ApiExtraModels(ProblemDto),
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: MEANINGS[status],
        ...(TEMPORARY.includes(status) && { headers: RETRY_AFTER }),
        content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } },
      }),
    ),
  );
