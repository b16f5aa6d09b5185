import { Controller, Get, HttpCode, Post, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, DEFAULT_USERNAME, queryTokenOf, RouteOptions, type Principal } from '@manifold/auth';
import { askable } from './asked-client.js';
import { invalidRequest, repeatedId } from './json-rpc-error.js';
import { JsonRpcFilter } from './json-rpc.filter.js';
import { readMessage, type JsonRpcRequest } from './json-rpc.js';
import { LegacyCaller } from './legacy-caller.js';
import { LegacyMessages } from './legacy-messages.js';
import { LegacySseGuard } from './legacy-sse.guard.js';
import { ApiMcp, ApiSseMessage, ApiSseStream } from './mcp.openapi.js';
import { MAX_MESSAGE_BYTES, refuseHead, requireJsonBody, requireStreamAccepted } from './request-checks.js';
import { SessionTools } from './session-tools.js';
import { SseSessions, type SseSession } from './sse-sessions.service.js';
import { takesUrls as canTakeUrls } from './url-elicitation.js';
import { readView } from './view-query.js';

/** HTTP+SSE, the transport of revision 2024-11-05: requests by POST, answers on one stream. */
@ApiMcp()
@UseGuards(LegacySseGuard)
@UseFilters(JsonRpcFilter)
@Controller()
export class SseController {
  constructor(
    private readonly sessions: SseSessions,
    private readonly messages: LegacyMessages,
    private readonly tools: SessionTools,
  ) {}

  @Get('sse')
  @ApiSseStream()
  stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @CurrentPrincipal() principal: Principal): void {
    refuseHead(request);
    requireStreamAccepted(request);
    const endpoint = (id: string): string => `/messages?sessionId=${id}${userOf(principal)}`;
    this.sessions.open(reply, principal, readView(request.query), endpoint, queryTokenOf(request) !== undefined);
  }

  /** The answer to the request goes to the stream; this one only says that it has arrived. */
  @Post(['messages', 'sse/messages'])
  @HttpCode(202)
  @RouteOptions({ bodyLimit: MAX_MESSAGE_BYTES })
  @ApiSseMessage()
  message(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @CurrentPrincipal() principal: Principal): void {
    requireJsonBody(request);
    const session = this.sessions.find((request.query as { sessionId?: unknown }).sessionId, principal);
    const message = readMessage(request.body);
    if (message.kind === 'invalid') throw invalidRequest('The body is not a JSON-RPC message');
    if (message.kind === 'request') this.answer(message.request, session, request.id, principal);
    else this.messages.receive(message, session);
    void reply.status(202).type('text/plain').send('Accepted');
  }

  private answer(message: JsonRpcRequest, session: SseSession, requestId: string, principal: Principal): void {
    const { stream, calls, view } = session;
    if (calls.has(message.id)) throw repeatedId();
    if (message.method === 'initialize') {
      session.capabilities = askable(message.params?.capabilities);
      session.takesUrls = canTakeUrls(session.capabilities);
    }
    const enabled = view.isDynamic ? this.tools.ofStream(session, principal) : undefined;
    void this.messages
      .answer(message, new LegacyCaller(session, principal, requestId, enabled, stream))
      .then((text) => text !== undefined && stream.send(String(text)));
  }
}

/** In development `?user=` says who is calling, on each request: clients send their messages to the URL as it is given. */
const userOf = ({ method, subject }: Principal): string =>
  method === 'development' && subject !== DEFAULT_USERNAME ? `&user=${encodeURIComponent(subject)}` : '';
