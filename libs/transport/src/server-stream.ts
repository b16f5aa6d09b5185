import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import { Bus, Topic, type Unsubscribe } from '@manifold/bus';
import { isStanding, readEventId } from './event-id.js';
import { EventLog } from './event-log.js';
import { JsonRpcError, TRANSPORT_ERROR } from './json-rpc-error.js';
import type { LegacySession } from './legacy-session.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { ResourceSubscriptions } from './resource-subscriptions.js';
import { ResumableStreams } from './resumable-streams.js';
import { SessionTools } from './session-tools.js';

/** Milliseconds in which the end of the connection before may still arrive, when a client has just reconnected. */
const FAREWELL_MS = 250;

/**
 * A client wants to listen at another replica, to this stream or to a new one. Answered with whether the session's stream is open
 * elsewhere; else what was sent to it is in the store by then, and nothing is added any more.
 */
const STREAM_WANTED = new Topic<{ readonly session: string; readonly stream?: string }, boolean>('sessions.stream');

/** `GET`: the stream for messages that answer no request, one per session; or any stream of the session that was interrupted. */
@Injectable()
export class ServerStream implements OnModuleInit, OnApplicationShutdown {
  private unsubscribe: Unsubscribe[] = [];

  constructor(
    private readonly streams: ResumableStreams,
    private readonly tools: SessionTools,
    private readonly subscriptions: ResourceSubscriptions,
    private readonly sessions: LegacySessions,
    private readonly log: EventLog,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = [
      this.bus.onAnnounced(STREAM_WANTED, ({ session, stream }) => this.handOver(session, stream)),
      this.sessions.onUpdated((session) => this.updated(session)),
    ];
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
  }

  /** @throws JsonRpcError 400 for a wrong Last-Event-ID, 409 while the session's stream is open */
  async open(
    session: LegacySession,
    { id: requestId, headers }: FastifyRequest,
    reply: FastifyReply,
    principal: Principal,
  ): Promise<void> {
    const lastEventId = headers['last-event-id']?.toString();
    const position = lastEventId === undefined ? undefined : readEventId(lastEventId);
    const isElsewhere = await this.bus.announce(STREAM_WANTED, { session: session.id, stream: position?.stream });
    if (position && !isStanding(position.stream)) return this.streams.resumeAnswer(session, position, reply);
    if (isElsewhere.includes(true)) throw streamIsOpen();
    if (position?.stream !== session.stream?.id && !(await isFree(session))) throw streamIsOpen();
    session.listener = principal;
    await this.streams.openStanding(session, position, reply, principal);
    this.tools.follow(session, principal);
    await this.subscriptions.revive(session, principal, requestId);
  }

  private async handOver(id: string, wanted: string | undefined): Promise<boolean> {
    const session = this.sessions.served(id);
    if (!session) return false;
    const isForAnswer = wanted !== undefined && !isStanding(wanted);
    if (!isForAnswer) {
      if (wanted !== session.stream?.id && !(await isFree(session))) return true;
      session.stream?.end();
    }
    await this.log.save(session);
    return false;
  }

  /** Another replica has changed what its client, who listens here, wants to hear of. */
  private async updated(session: LegacySession): Promise<void> {
    if (!session.stream?.isOpen || !session.listener) return;
    this.tools.follow(session, session.listener);
    await this.subscriptions.revive(session, session.listener, randomUUID());
  }
}

/** Whether nobody listens; who is about to leave is given a moment. */
async function isFree({ stream }: LegacySession): Promise<boolean> {
  if (stream?.isOpen) await Promise.race([stream.whenLeft(), setTimeout(FAREWELL_MS)]);
  return !stream?.isOpen;
}

const streamIsOpen = (): JsonRpcError => new JsonRpcError(TRANSPORT_ERROR, 'The session has an open stream', 409);
