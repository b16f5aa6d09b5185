import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Bus, ReplicaGoneError, Topic, type Unsubscribe } from '@manifold/bus';
import type { RequestSource } from '@manifold/tracing';
import { askable } from './asked-client.js';
import { JsonRpcError, repeatedId, sessionNotFound } from './json-rpc-error.js';
import type { JsonRpcRequest, Message } from './json-rpc.js';
import { LegacyCaller } from './legacy-caller.js';
import { LegacyMessages } from './legacy-messages.js';
import { SessionTools } from './session-tools.js';
import { SseSessions, type SseSession } from './sse-sessions.service.js';
import { takesUrls } from './url-elicitation.js';

interface Posted {
  readonly sessionId: string;
  /** Of the one who has sent it. */
  readonly principalKey: string;
  readonly source: RequestSource;
  readonly message: Message;
}

interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly status: number;
}

/** For the replica that has the stream. Answered with what is wrong with it, if something is. */
const POSTED = new Topic<Posted, Refusal | null>('sse.posted');

/** What clients of HTTP+SSE send. The answers go to their stream, whichever replica has it. */
@Injectable()
export class SseMessages implements OnModuleInit, OnApplicationShutdown {
  private unsubscribe?: Unsubscribe;

  constructor(
    private readonly sessions: SseSessions,
    private readonly messages: LegacyMessages,
    private readonly tools: SessionTools,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.bus.onAsked(POSTED, (posted) => this.servePosted(posted));
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /** @throws JsonRpcError 404 without such a session of the principal, 400 for a repeated id */
  async receive(sessionId: unknown, message: Message, source: RequestSource, principal: Principal): Promise<void> {
    const replica = this.sessions.elsewhere(sessionId);
    if (replica === undefined) {
      return this.take(this.sessions.find(sessionId, principal.key), message, source, principal);
    }
    const posted = { sessionId: String(sessionId), principalKey: principal.key, source, message };
    const refusal = await this.bus.ask(replica, POSTED, posted).catch((error: unknown) => {
      throw error instanceof ReplicaGoneError ? sessionNotFound() : error;
    });
    if (refusal) throw new JsonRpcError(refusal.code, refusal.message, refusal.status);
  }

  /** The message goes on as the one who has opened the stream: the credential of its sender stays where it arrived. */
  private async servePosted({ sessionId, principalKey, source, message }: Posted): Promise<Refusal | null> {
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
    const { stream, calls, view } = session;
    if (calls.has(message.id)) throw repeatedId();
    if (message.method === 'initialize') {
      session.capabilities = askable(message.params?.capabilities);
      session.takesUrls = takesUrls(session.capabilities);
    }
    const enabled = view.isDynamic ? this.tools.ofStream(session, principal) : undefined;
    void this.messages
      .answer(message, new LegacyCaller(session, principal, source, enabled, stream))
      .then((text) => text !== undefined && stream.send(String(text)));
  }
}
