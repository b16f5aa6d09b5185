import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import { sourceOf } from '@manifold/tracing';
import { readChatId } from './chat-id.js';
import { ChatSessions } from './chat-sessions.service.js';
import { answerEmpty, answerJson } from './http-answer.js';
import { EventStreams } from './event-streams.js';
import { initializeResult, readInitialize } from './initialize.js';
import { Introductions } from './introductions.js';
import { invalidRequest, JsonRpcError, repeatedId, sessionNotFound, TRANSPORT_ERROR } from './json-rpc-error.js';
import { errorMessage, readMessage, resultMessage, type JsonRpcRequest, type Message } from './json-rpc.js';
import { LegacyCaller } from './legacy-caller.js';
import { LegacyMessages } from './legacy-messages.js';
import type { LegacySession } from './legacy-session.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { PostAnswer } from './post-answer.js';
import type { Text } from './spliced-text.js';
import { isLegacyVersion } from './protocol-versions.js';
import { ResumableStreams } from './resumable-streams.js';
import { SessionTools } from './session-tools.js';
import { readView } from './view-query.js';

/** SECURITY.md, threat 17. */
const MAX_BATCH = 20;

/** `POST` in the legacy era. */
@Injectable()
export class LegacyPost {
  constructor(
    private readonly sessions: LegacySessions,
    private readonly messages: LegacyMessages,
    private readonly streams: EventStreams,
    private readonly resumable: ResumableStreams,
    private readonly chats: ChatSessions,
    private readonly tools: SessionTools,
    private readonly introductions: Introductions,
  ) {}

  /**
   * @param server whose endpoint it is, where it is not that of all
   * @throws JsonRpcError for what is refused before a method is looked at
   */
  async handle(request: FastifyRequest, reply: FastifyReply, principal: Principal, server?: string): Promise<void> {
    if (Array.isArray(request.body)) return this.batch(request.body, request, reply, principal, server);
    const message = readMessage(request.body);
    if (message.kind === 'invalid') throw invalidRequest('The body is not a JSON-RPC message');
    if (message.kind === 'request' && message.request.method === 'initialize') {
      return this.initialize(message.request, request, reply, principal, server);
    }

    const session = await this.sessionOf(request, principal, server);
    if (message.kind !== 'request') {
      await this.messages.receive(message, session);
      return answerEmpty(reply, 202);
    }
    if (session.calls.has(message.request.id)) throw repeatedId();
    const answer = new PostAnswer(reply, this.streams, this.resumable, session);
    answer.end(await this.respond(message.request, session, answer, request, principal));
  }

  /** The caller's session at this endpoint, for a request whose headers fit it. */
  async sessionOf(request: FastifyRequest, principal: Principal, server?: string): Promise<LegacySession> {
    readChatId(request.headers);
    const session = await this.sessions.find(request.headers['mcp-session-id'], principal);
    if (session.view.own !== server) throw sessionNotFound();
    const version = request.headers['mcp-protocol-version'];
    if (version !== undefined && !isLegacyVersion(String(version))) {
      throw new JsonRpcError(TRANSPORT_ERROR, `Unsupported protocol version: ${String(version)}`, 400);
    }
    return session;
  }

  private async initialize(
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

  private async batch(
    body: readonly unknown[],
    request: FastifyRequest,
    reply: FastifyReply,
    principal: Principal,
    server: string | undefined,
  ): Promise<void> {
    const session = await this.sessionOf(request, principal, server);
    if (!allowsBatches(session, request.headers['mcp-protocol-version'])) {
      throw invalidRequest(`Batches are not a part of protocol version ${session.protocolVersion}`);
    }
    if (body.length === 0 || body.length > MAX_BATCH) {
      throw invalidRequest(`A batch holds 1 to ${MAX_BATCH} messages`);
    }
    const messages = body.map(readMessage);
    if (messages.some((message) => message.kind === 'request' && message.request.method === 'initialize')) {
      throw invalidRequest('initialize cannot be a part of a batch');
    }
    const answer = new PostAnswer(reply, this.streams, this.resumable, session);
    const element = async (message: Message): Promise<Text | undefined> => {
      if (message.kind === 'invalid') return INVALID_ELEMENT;
      if (message.kind !== 'request') {
        await this.messages.receive(message, session);
        return undefined;
      }
      if (session.calls.has(message.request.id)) return errorMessage(null, repeatedId());
      return this.respond(message.request, session, answer, request, principal);
    };
    const answers = await Promise.all(messages.map(element));
    answer.endBatch(answers.filter((text) => text !== undefined));
  }

  private respond(
    message: JsonRpcRequest,
    session: LegacySession,
    answer: PostAnswer,
    request: FastifyRequest,
    principal: Principal,
  ): Promise<Text | undefined> {
    const { view } = session;
    const enabled = view.isDynamic ? this.tools.of(session, principal, (text) => answer.send(text)) : undefined;
    return this.messages.answer(message, new LegacyCaller(session, principal, sourceOf(request), enabled, answer));
  }
}

const INVALID_ELEMENT = errorMessage(null, invalidRequest('This is not a JSON-RPC message'));

/** Batches came with 2025-03-26 and went with 2025-06-18; the revision before it did not exclude them. */
const allowsBatches = ({ protocolVersion }: LegacySession, header: string | string[] | undefined): boolean =>
  header === undefined
    ? protocolVersion === '2025-03-26' || protocolVersion === '2024-11-05'
    : protocolVersion === '2025-03-26' && header === '2025-03-26';
