import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Principal } from '@manifold/auth';
import { EventStreams } from './event-streams.js';
import { JsonRpcError, TRANSPORT_ERROR } from './json-rpc-error.js';
import type { LegacySession } from './legacy-session.js';
import { ResourceSubscriptions } from './resource-subscriptions.js';
import { SessionTools } from './session-tools.js';

/** Milliseconds in which the end of the connection before may still arrive, when a client has just reconnected. */
const FAREWELL_MS = 250;

/** `GET /mcp`: the stream for messages that answer no request. One per session, so that each message is sent once. */
@Injectable()
export class ServerStream {
  constructor(
    private readonly streams: EventStreams,
    private readonly tools: SessionTools,
    private readonly subscriptions: ResourceSubscriptions,
  ) {}

  /** @throws JsonRpcError 409 while the session's stream is open */
  async open(session: LegacySession, reply: FastifyReply, principal: Principal, requestId: string): Promise<void> {
    if (session.stream) await Promise.race([session.stream.whenClosed(), setTimeout(FAREWELL_MS)]);
    if (session.stream) throw new JsonRpcError(TRANSPORT_ERROR, 'The session has an open stream', 409);
    session.stream = this.streams.openStanding(reply, principal, () => {
      session.stream = undefined;
      session.lastSeen = Date.now();
    });
    this.tools.follow(session, principal);
    await this.subscriptions.revive(session, principal, requestId);
  }
}
