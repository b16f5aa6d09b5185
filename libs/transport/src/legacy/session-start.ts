import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import { answerJson } from '../http/http-answer.js';
import { readChatId } from '../http/request-checks.js';
import { readView } from '../http/view-query.js';
import { JsonRpcError } from '../json-rpc/json-rpc-error.js';
import { errorMessage, resultMessage, type JsonRpcRequest } from '../json-rpc/json-rpc.js';
import { ChatSessions } from '../sessions/chat-sessions.service.js';
import { initializeResult, readInitialize } from '../sessions/initialize.js';
import { Introductions } from '../sessions/introductions.js';

/** Handles `initialize` over Streamable HTTP: it starts a session, or finds the session of the client's chat. */
@Injectable()
export class SessionStart {
  constructor(
    private readonly chats: ChatSessions,
    private readonly introductions: Introductions,
  ) {}

  async handle(
    { id, params }: JsonRpcRequest,
    { query, headers }: FastifyRequest,
    reply: FastifyReply,
    principal: Principal,
    server: string | undefined,
  ): Promise<void> {
    let session;
    try {
      const initialization = readInitialize(params);
      session = await this.chats.open(principal, initialization, readView(query, server), readChatId(headers));
    } catch (error) {
      if (!(error instanceof JsonRpcError) || error.headers) throw error;
      return answerJson(reply, error.status, errorMessage(id, error));
    }
    const introduction = this.introductions.of(session.view, principal, session.capabilities);
    const message = resultMessage(id, initializeResult(session.protocolVersion, introduction));
    answerJson(reply, 200, message, { 'mcp-session-id': session.id });
  }
}
