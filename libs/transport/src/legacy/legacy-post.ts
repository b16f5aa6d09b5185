import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import { sourceOf } from '@manifold/observability';
import { acceptsStream, readChatId } from '../http/request-checks.js';
import { answerEmpty } from '../http/http-answer.js';
import { EventStreams } from '../sessions/event-streams.js';
import { invalidRequest, JsonRpcError, TRANSPORT_ERROR } from '../json-rpc/json-rpc-error.js';
import { errorMessage, readMessage, type Message } from '../json-rpc/json-rpc.js';
import { LegacyMessages } from './legacy-messages.js';
import type { LegacySession } from '../sessions/legacy-session.js';
import { LegacySessions } from '../sessions/legacy-sessions.service.js';
import { PostAnswer } from '../sessions/post-answer.js';
import type { Text } from '../json-rpc/spliced-text.js';
import { isLegacyVersion } from '../json-rpc/protocol-versions.js';
import { ResumableStreams } from '../sessions/resumable-streams.js';
import { SessionStart } from './session-start.js';

/** Maximum number of messages in a batch (docs/THREATS.md, threat 17). */
const MAX_BATCH = 20;

/** Handles `POST` in the legacy era. */
@Injectable()
export class LegacyPost {
  constructor(
    private readonly sessions: LegacySessions,
    private readonly starts: SessionStart,
    private readonly messages: LegacyMessages,
    private readonly streams: EventStreams,
    private readonly resumable: ResumableStreams,
  ) {}

  /**
   * @param server name of the server if the request came to that server's own endpoint
   * @throws JsonRpcError for a request that is refused before its method runs
   */
  async handle(request: FastifyRequest, reply: FastifyReply, principal: Principal, server?: string): Promise<void> {
    if (Array.isArray(request.body)) return this.batch(request.body, request, reply, principal, server);
    const message = readMessage(request.body);
    if (message.kind === 'invalid') throw invalidRequest('The body is not a JSON-RPC message');
    if (message.kind === 'request' && message.request.method === 'initialize') {
      return this.starts.handle(message.request, request, reply, principal, server);
    }

    const session = await this.sessionOf(request, principal, server);
    if (message.kind !== 'request') {
      await this.messages.receive(message, session);
      return answerEmpty(reply, 202);
    }
    const answer = new PostAnswer(reply, this.streams, acceptsStream(request), this.resumable, session);
    answer.end(await this.messages.answer(message.request, session, principal, sourceOf(request), answer));
  }

  /** Returns the caller's session at this endpoint and checks the request's headers. @throws JsonRpcError 400 or 404 */
  async sessionOf(request: FastifyRequest, principal: Principal, server?: string): Promise<LegacySession> {
    readChatId(request.headers);
    const session = await this.sessions.find(request.headers['mcp-session-id'], principal);
    if (session.view.own !== server) throw this.sessions.notFound(principal);
    const version = request.headers['mcp-protocol-version'];
    if (version !== undefined && !isLegacyVersion(String(version))) {
      throw new JsonRpcError(TRANSPORT_ERROR, `Unsupported protocol version: ${String(version)}`, 400);
    }
    return session;
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
      throw invalidRequest(`Batches are not supported in protocol version ${session.protocolVersion}`);
    }
    if (body.length === 0 || body.length > MAX_BATCH) {
      throw invalidRequest(`A batch holds 1 to ${MAX_BATCH} messages`);
    }
    const messages = body.map(readMessage);
    if (messages.some((message) => message.kind === 'request' && message.request.method === 'initialize')) {
      throw invalidRequest('initialize cannot be a part of a batch');
    }
    const answer = new PostAnswer(reply, this.streams, acceptsStream(request), this.resumable, session);
    const element = async (message: Message): Promise<Text | undefined> => {
      if (message.kind === 'invalid') return INVALID_ELEMENT;
      if (message.kind !== 'request') {
        await this.messages.receive(message, session);
        return undefined;
      }
      return this.messages.answer(message.request, session, principal, sourceOf(request), answer);
    };
    const answers = await Promise.all(messages.map(element));
    answer.endBatch(answers.filter((text) => text !== undefined));
  }
}

const INVALID_ELEMENT = errorMessage(null, invalidRequest('This is not a JSON-RPC message'));

/**
 * Returns whether the session may send batches. Revision 2025-03-26 added batches, and 2025-06-18 removed them. Revision 2024-11-05 did
 * not exclude them.
 */
const allowsBatches = ({ protocolVersion }: LegacySession, header: string | string[] | undefined): boolean =>
  header === undefined
    ? protocolVersion === '2025-03-26' || protocolVersion === '2024-11-05'
    : protocolVersion === '2025-03-26' && header === '2025-03-26';
