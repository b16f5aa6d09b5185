import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteProblem, problemBody, ProblemError, ProblemFilter, toProblem } from '@manifold/rest';
import {
  INTERNAL_ERROR,
  INVALID_REQUEST,
  JsonRpcError,
  methodNotAllowed,
  PARSE_ERROR,
  TRANSPORT_ERROR,
} from '../json-rpc/json-rpc-error.js';
import { errorMessage } from '../json-rpc/json-rpc.js';
import { methodsOf } from './mcp-paths.js';
import { FORBIDDEN_SITE } from './rebinding.guard.js';

/**
 * Writes errors of the MCP endpoints as JSON-RPC. Errors of authentication and role checks stay problem documents (RFC 9457). A message without a
 * valid credential gets both in one.
 */
@Catch()
export class JsonRpcFilter implements ExceptionFilter {
  private readonly logger = new Logger(JsonRpcFilter.name);
  private readonly problems = new ProblemFilter();

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.write(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Writes the error response. Also called for errors on an MCP path that occur before a route is reached. */
  write(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (request.method === 'POST' && error instanceof ProblemError && error.status === 401)
      return unauthenticated(error, request, reply);
    const refused = jsonRpcErrorOf(error, request);
    if (!refused) return this.problems.write(error, request, reply);
    if (refused.status >= 500 && !(error instanceof JsonRpcError)) {
      this.logger.error({ msg: 'an MCP request failed', requestId: request.id, err: error });
    }
    if (reply.sent) return;
    void reply
      .headers({ ...refused.headers })
      .status(refused.status)
      .type('application/json')
      .send(errorMessage(null, refused));
  }
}

/**
 * Answers a message that has no valid credential: the members of the problem document, with a JSON-RPC error as `error`. Version 2 of the
 * Python SDK shows the reason of such a body alone, and only as `application/json`; others show the whole body, or the status.
 */
function unauthenticated(problem: ProblemError, request: FastifyRequest, reply: FastifyReply): void {
  noteProblem(request, problem);
  if (reply.sent) return;
  const error = { code: INVALID_REQUEST, message: problem.message };
  void reply
    .headers({ ...problem.headers })
    .status(401)
    .type('application/json')
    .send({ ...problemBody(problem, request.id), jsonrpc: '2.0', id: null, error });
}

/** @returns undefined for an error that is sent as a problem document */
function jsonRpcErrorOf(error: unknown, { url }: FastifyRequest): JsonRpcError | undefined {
  if (error instanceof JsonRpcError) return error;
  const problem = toProblem(error);
  if (problem.code === FORBIDDEN_SITE) return new JsonRpcError(TRANSPORT_ERROR, problem.message, 403);
  switch (problem.status) {
    case 400:
      return new JsonRpcError(PARSE_ERROR, problem.message, 400);
    case 413:
    case 415:
      return new JsonRpcError(TRANSPORT_ERROR, problem.message, problem.status);
    case 405:
      return methodNotAllowed(methodsOf(url));
    case 404:
      return error instanceof ProblemError ? undefined : methodNotAllowed(methodsOf(url));
    case 500:
      return new JsonRpcError(INTERNAL_ERROR, 'Internal error', 500, { cause: error });
    case 503:
      return new JsonRpcError(TRANSPORT_ERROR, problem.message, 503, {
        headers: { 'retry-after': String(problem.retryAfter ?? 1) },
      });
    default:
      return undefined;
  }
}
