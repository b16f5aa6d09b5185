import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import { isStanding, readEventId } from './event-id.js';
import { JsonRpcError, TRANSPORT_ERROR } from './json-rpc-error.js';
import type { LegacySession } from './legacy-session.js';
import { ResourceSubscriptions } from './resource-subscriptions.js';
import { ResumableStreams } from './resumable-streams.js';
import { SessionTools } from './session-tools.js';

/** Milliseconds in which the end of the connection before may still arrive, when a client has just reconnected. */
const FAREWELL_MS = 250;

/** `GET`: the stream for messages that answer no request, one per session; or any stream of the session that was interrupted. */
@Injectable()
export class ServerStream {
  constructor(
    private readonly streams: ResumableStreams,
    private readonly tools: SessionTools,
    private readonly subscriptions: ResourceSubscriptions,
  ) {}

  /** @throws JsonRpcError 400 for a wrong Last-Event-ID, 409 while the session's stream is open */
  async open(
    session: LegacySession,
    { id: requestId, headers }: FastifyRequest,
    reply: FastifyReply,
    principal: Principal,
  ): Promise<void> {
    const lastEventId = headers['last-event-id']?.toString();
    const position = lastEventId === undefined ? undefined : readEventId(lastEventId);
    if (position && !isStanding(position.stream)) return this.streams.resumeAnswer(session, position, reply);
    if (position?.stream !== session.stream?.id) await whenLeft(session);
    await this.streams.openStanding(session, position, reply, principal);
    this.tools.follow(session, principal);
    await this.subscriptions.revive(session, principal, requestId);
  }
}

async function whenLeft(session: LegacySession): Promise<void> {
  if (session.stream?.isOpen) await Promise.race([session.stream.whenLeft(), setTimeout(FAREWELL_MS)]);
  if (session.stream?.isOpen) throw new JsonRpcError(TRANSPORT_ERROR, 'The session has an open stream', 409);
}
