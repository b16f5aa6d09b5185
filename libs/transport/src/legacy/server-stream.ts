import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import type { Unsubscribe } from '@manifold/bus';
import { isStanding, readEventId } from '../streams/event-id.js';
import { JsonRpcError, TRANSPORT_ERROR } from '../json-rpc/json-rpc-error.js';
import type { LegacySession } from '../sessions/legacy-session.js';
import { LegacySessions } from '../sessions/legacy-sessions.service.js';
import { ResourceSubscriptions } from '../sessions/resource-subscriptions.js';
import { ResumableStreams } from '../sessions/resumable-streams.js';
import { SessionTools } from '../methods/session-tools.js';
import { isFree, StreamHandover } from './stream-handover.js';

/** Handles `GET`. It opens the session's one stream for messages that belong to no request, or resumes an interrupted stream. */
@Injectable()
export class ServerStream implements OnModuleInit, OnApplicationShutdown {
  private unsubscribe?: Unsubscribe;

  constructor(
    private readonly streams: ResumableStreams,
    private readonly tools: SessionTools,
    private readonly subscriptions: ResourceSubscriptions,
    private readonly sessions: LegacySessions,
    private readonly handover: StreamHandover,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.sessions.onUpdated((session) => this.updated(session));
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /** @throws JsonRpcError 400 for an invalid Last-Event-ID, 409 while the session's stream is open */
  async open(
    session: LegacySession,
    { id: requestId, headers }: FastifyRequest,
    reply: FastifyReply,
    principal: Principal,
  ): Promise<void> {
    const lastEventId = headers['last-event-id']?.toString();
    const position = lastEventId === undefined ? undefined : readEventId(lastEventId);
    const isElsewhere = await this.handover.claim(session, position?.stream);
    if (position && !isStanding(position.stream)) return this.streams.resumeAnswer(session, position, reply);
    if (isElsewhere) throw streamIsOpen();
    if (position?.stream !== session.stream?.id && !(await isFree(session))) throw streamIsOpen();
    session.listener = principal;
    await this.streams.openStanding(session, position, reply, principal);
    this.tools.follow(session, principal);
    await this.subscriptions.revive(session, principal, requestId);
  }

  /** Applies enabled tools and subscriptions that another replica has changed, if the client's stream is open here. */
  private async updated(session: LegacySession): Promise<void> {
    if (!session.stream?.isOpen || !session.listener) return;
    this.tools.follow(session, session.listener);
    await this.subscriptions.revive(session, session.listener, randomUUID());
  }
}

const streamIsOpen = (): JsonRpcError => new JsonRpcError(TRANSPORT_ERROR, 'The session has an open stream', 409);
