import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Bus, OnCalled, ReplicaGoneError, Topic } from '@manifold/bus';
import type { RequestSource } from '@manifold/observability';
import { requestableCapabilities } from '../sessions/call-client.js';
import { JsonRpcError, SESSION_NOT_FOUND, sessionNotFound } from '../json-rpc/json-rpc-error.js';
import type { JsonRpcRequest, Message } from '../json-rpc/json-rpc.js';
import { LegacyMessages } from './legacy-messages.js';
import { LegacySessions } from '../sessions/legacy-sessions.service.js';
import { SseSessions, type SseSession } from './sse-sessions.service.js';
import { takesUrls } from '../sessions/url-elicitation.js';

interface Posted {
  readonly sessionId: string;
  /** Key of the principal that sent the message. */
  readonly principalKey: string;
  readonly source: RequestSource;
  readonly message: Message;
}

interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly status: number;
}

/** Passes a message to the replica that holds the stream. The answer is the error, or null. */
const POSTED = new Topic<Posted, Refusal | null>('sse.posted');

/** Handles the messages of HTTP+SSE clients. The responses go to the client's stream, at whichever replica holds it. */
@Injectable()
export class SseMessages {
  constructor(
    private readonly sessions: SseSessions,
    private readonly legacySessions: LegacySessions,
    private readonly messages: LegacyMessages,
    private readonly bus: Bus,
  ) {}

  /** @throws JsonRpcError 404 if the principal has no such session */
  async receive(sessionId: unknown, message: Message, source: RequestSource, principal: Principal): Promise<void> {
    try {
      await this.deliver(sessionId, message, source, principal);
    } catch (error) {
      const isUnknown = error instanceof JsonRpcError && error.code === SESSION_NOT_FOUND;
      throw isUnknown ? this.legacySessions.notFound(principal) : error;
    }
  }

  private async deliver(
    sessionId: unknown,
    message: Message,
    source: RequestSource,
    principal: Principal,
  ): Promise<void> {
    const replica = this.sessions.elsewhere(sessionId);
    if (replica === undefined) {
      return this.take(this.sessions.find(sessionId, principal.key), message, source, principal);
    }
    const posted = { sessionId: String(sessionId), principalKey: principal.key, source, message };
    const refusal = await this.bus.call(replica, POSTED, posted).catch((error: unknown) => {
      throw error instanceof ReplicaGoneError ? sessionNotFound() : error;
    });
    if (refusal) throw new JsonRpcError(refusal.code, refusal.message, refusal.status);
  }

  /**
   * Handles a message that another replica has received. It runs as the principal that opened the stream, because the sender's
   * credential stays at the other replica.
   */
  @OnCalled(POSTED)
  async servePosted({ sessionId, principalKey, source, message }: Posted): Promise<Refusal | null> {
    try {
      const session = this.sessions.find(sessionId, principalKey);
      await this.take(session, message, source, session.principal);
      return null;
    } catch (error) {
      if (!(error instanceof JsonRpcError)) throw error;
      return { code: error.code, message: error.message, status: error.status };
    }
  }

  private async take(
    session: SseSession,
    message: Message,
    source: RequestSource,
    principal: Principal,
  ): Promise<void> {
    if (message.kind === 'request') this.answer(message.request, session, source, principal);
    else await this.messages.receive(message, session);
  }

  private answer(message: JsonRpcRequest, session: SseSession, source: RequestSource, principal: Principal): void {
    const { stream } = session;
    if (message.method === 'initialize') {
      session.capabilities = requestableCapabilities(message.params?.capabilities);
      session.takesUrls = takesUrls(session.capabilities);
    }
    void this.messages
      .answer(message, session, principal, source, stream)
      .then((text) => text !== undefined && stream.send(String(text)));
  }
}
