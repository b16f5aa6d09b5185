import { Controller, Get, HttpCode, Post, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, DEFAULT_USERNAME, queryTokenOf, RouteOptions, type Principal } from '@manifold/auth';
import { sourceOf } from '@manifold/observability';
import { invalidRequest } from '../json-rpc/json-rpc-error.js';
import { JsonRpcFilter } from '../http/json-rpc.filter.js';
import { readMessage } from '../json-rpc/json-rpc.js';
import { LegacySseGuard } from './legacy-sse.guard.js';
import { ApiMcp, ApiSseMessage, ApiSseStream } from '../http/mcp.openapi.js';
import { refuseHead, requireJsonBody, requireStreamAccepted } from '../http/request-checks.js';
import { SseMessages } from './sse-messages.service.js';
import { SseSessions } from './sse-sessions.service.js';
import { readView } from '../http/view-query.js';

/** HTTP+SSE, the transport of revision 2024-11-05. Clients send requests by POST and get the responses on one stream. */
@ApiMcp()
@UseGuards(LegacySseGuard)
@UseFilters(JsonRpcFilter)
@Controller()
export class SseController {
  constructor(
    private readonly sessions: SseSessions,
    private readonly messages: SseMessages,
  ) {}

  @Get('sse')
  @ApiSseStream()
  stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @CurrentPrincipal() principal: Principal): void {
    refuseHead(request);
    requireStreamAccepted(request);
    const endpoint = (id: string): string => `/messages?sessionId=${id}${userOf(principal)}`;
    this.sessions.open(reply, principal, readView(request.query), endpoint, queryTokenOf(request) !== undefined);
  }

  /** The response to the message is sent on the stream. The HTTP response only confirms that the message has arrived. */
  @Post(['messages', 'sse/messages'])
  @HttpCode(202)
  @RouteOptions({ mcpMessage: true })
  @ApiSseMessage()
  async message(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    requireJsonBody(request);
    const { sessionId } = request.query as { sessionId?: unknown };
    const message = readMessage(request.body);
    if (message.kind === 'invalid') throw invalidRequest('The body is not a JSON-RPC message');
    await this.messages.receive(sessionId, message, sourceOf(request), principal);
    void reply.status(202).type('text/plain').send('Accepted');
  }
}

/**
 * Returns the `user` parameter for the message URL. In development, each request names its user with `?user=`. Clients use the message
 * URL unchanged, so it must contain the parameter.
 */
const userOf = ({ method, subject }: Principal): string =>
  method === 'development' && subject !== DEFAULT_USERNAME ? `&user=${encodeURIComponent(subject)}` : '';
