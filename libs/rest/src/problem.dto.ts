import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { FieldFault, ProblemBody } from './problem.js';

/** A field that made the request unacceptable. */
export class FieldFaultDto implements FieldFault {
  /** JSON pointer to the field (RFC 6901). */
  pointer: string;

  /** Which rule it broke, for programs. */
  code: string;
  detail: string;
}

/** Why a request was refused (RFC 9457). Single errors may add members of their own. */
export class ProblemDto implements Omit<ProblemBody, 'type' | 'success'> {
  /** `about:blank`: the status and the code say what it is. */
  type: string;
  title: string;

  /** The HTTP status. */
  status: number;

  /** What went wrong, for people. */
  detail: string;

  /** What went wrong, for programs; for example `server_not_found`. */
  code: string;

  /** Names the request in the gateway's log. */
  requestId: string;

  /** With status 400: each field at fault. */
  errors?: FieldFaultDto[];

  /** Always false. */
  success: boolean;

  /** The same as `detail`. */
  error: string;
}

const MEANINGS = {
  400: 'The body is not valid JSON, or a field is missing, unknown or not valid',
  401: 'There is no credential, or it is not valid',
  403: 'The caller may not do this, or Host or Origin are not allowed',
  404: 'There is no such thing in the tenant of the caller',
  409: 'The state of the thing does not allow it: the name is taken, or the server is disabled',
  413: 'The body is too large',
  415: 'The body is not application/json',
  422: 'The request is well-formed, and what it asks for cannot be done: see the code',
  429: 'The caller has reached a limit, or the server of the tool wants fewer calls: see Retry-After',
  502: 'The server of the tool refused the call, or the package registry cannot be reached',
  503: 'The database or the server of the tool is not available, or the gateway has too much to do: see Retry-After',
  504: 'The server of the tool did not answer in time',
} as const;

const TEMPORARY: readonly number[] = [429, 503];
/** For the OpenAPI document: what refusals carry that time can mend. */
export const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds after which another try makes sense',
    schema: { type: 'integer', minimum: 1 },
  },
} as const;

/** Says in the OpenAPI document which error statuses a route, or each route of a controller, answers with a problem. */
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
