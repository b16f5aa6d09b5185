import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, ProblemFilter, toProblem } from '@manifold/rest';
import { INTERNAL_ERROR, JsonRpcError, methodNotAllowed, PARSE_ERROR, TRANSPORT_ERROR } from './json-rpc-error.js';
import { errorMessage } from './json-rpc.js';
import { methodsOf } from './mcp-paths.js';
import { FORBIDDEN_SITE } from './rebinding.guard.js';

/** Writes errors of the MCP endpoints as JSON-RPC. What authentication and roles refuse stays a problem document (RFC 9457). */
@Catch()
export class JsonRpcFilter implements ExceptionFilter {
  private readonly logger = new Logger(JsonRpcFilter.name);
  private readonly problems = new ProblemFilter();

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.write(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Also for what fails before a route is reached, on an MCP path. */
  write(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
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

/** @returns undefined for what is no matter of MCP */
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
    case 404:
      return error instanceof Problem ? undefined : methodNotAllowed(methodsOf(url));
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
