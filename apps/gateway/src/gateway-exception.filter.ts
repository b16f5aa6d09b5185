import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemFilter } from '@manifold/rest';
import { isMcpPath, JsonRpcFilter } from '@manifold/transport';

/** Writes errors in the format of the endpoint: JSON-RPC on the MCP endpoints, problem details on all other routes. */
@Catch()
export class GatewayExceptionFilter implements ExceptionFilter {
  private readonly problems = new ProblemFilter();
  private readonly jsonRpc = new JsonRpcFilter();

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.write(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Writes an error. It also handles requests that Fastify itself refuses, such as a path that cannot be decoded. */
  write(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (isMcpPath(request.url)) return this.jsonRpc.write(error, request, reply);
    this.problems.write(error, request, reply);
  }
}
