import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { StreamGrants, type Principal } from '@manifold/auth';
import { Bus, ownedId, ownerOf } from '@manifold/bus';
import type { RawObject } from '@manifold/tool-provider';
import type { View } from '@manifold/tool-registry';
import { cancelAll, OpenCalls } from '../json-rpc/calls-in-flight.js';
import type { ClientSession } from '../sessions/client-session.js';
import type { EventStream } from '../streams/event-stream.js';
import { EventStreams } from '../sessions/event-streams.js';
import { sessionNotFound } from '../json-rpc/json-rpc-error.js';
import { endSubscriptions } from '../sessions/resource-subscriptions.js';
import { SessionSlots } from '../sessions/session-slots.js';
import { SessionTools } from '../methods/session-tools.js';

/** A session of the HTTP+SSE transport (2024-11-05). It begins and ends with its stream and is not stored. */
export interface SseSession extends ClientSession {
  readonly principal: Principal;
  readonly stream: EventStream;
  /** Capabilities of the client; undefined until it has sent `initialize`. */
  capabilities?: RawObject;
  takesUrls: boolean;
}

@Injectable()
export class SseSessions {
  private readonly sessions = new Map<string, SseSession>();

  constructor(
    private readonly streams: EventStreams,
    private readonly slots: SessionSlots,
    private readonly grants: StreamGrants,
    private readonly tools: SessionTools,
    private readonly bus: Bus,
  ) {}

  /**
   * Opens the stream and tells the client where to send its messages.
   * @param endpoint returns the URL for messages of the session with this id
   * @param granted whether the session id is the only credential that messages need
   * @throws JsonRpcError 503, 429
   */
  open(
    reply: FastifyReply,
    principal: Principal,
    view: View,
    endpoint: (id: string) => string,
    granted: boolean,
  ): void {
    this.slots.acquire(principal);
    const id = ownedId(this.bus.replica, randomBytes(32).toString('base64url'));
    const calls = new OpenCalls();
    const onClose = (): void => {
      this.sessions.delete(id);
      this.grants.revoke(id);
      this.slots.release(principal);
      cancelAll(calls);
      endSubscriptions(session);
    };
    const stream = this.streams.openStanding(reply, principal, onClose);
    const session: SseSession = {
      principal,
      stream,
      calls,
      view,
      enabledTools: [],
      takesUrls: false,
    };
    this.sessions.set(id, session);
    this.tools.follow(session, principal);
    if (granted) this.grants.grant(id, principal);
    stream.send(endpoint(id), 'endpoint');
  }

  /** Returns the replica that holds the stream of a session; undefined if it is this one. */
  elsewhere(id: unknown): string | undefined {
    const owner = this.bus.isShared && typeof id === 'string' ? ownerOf(id) : undefined;
    return owner === this.bus.replica ? undefined : owner;
  }

  /** @throws JsonRpcError 404 if the session does not exist or belongs to another principal */
  find(id: unknown, principalKey: string): SseSession {
    const session = typeof id === 'string' ? this.sessions.get(id) : undefined;
    if (session?.principal.key !== principalKey) throw sessionNotFound();
    return session;
  }
}
