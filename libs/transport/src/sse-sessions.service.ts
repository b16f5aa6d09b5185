import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { StreamGrants, type Principal } from '@manifold/auth';
import { Bus, ownedId, ownerOf } from '@manifold/bus';
import type { RawObject } from '@manifold/tool-provider';
import type { View } from '@manifold/tool-registry';
import { cancelAll, OpenCalls } from './calls-in-flight.js';
import type { ClientSession } from './client-session.js';
import type { EventStream } from './event-stream.js';
import { EventStreams } from './event-streams.js';
import { sessionNotFound } from './json-rpc-error.js';
import { endSubscriptions } from './resource-subscriptions.js';
import { SessionPlaces } from './session-places.js';
import { SessionTools } from './session-tools.js';

/** A session of the HTTP+SSE transport (2024-11-05). It is its stream: it begins and ends with it, and is stored nowhere. */
export interface SseSession extends ClientSession {
  readonly principal: Principal;
  readonly stream: EventStream;
  /** Known once the client has sent `initialize`. */
  capabilities?: RawObject;
  takesUrls: boolean;
}

@Injectable()
export class SseSessions {
  private readonly sessions = new Map<string, SseSession>();

  constructor(
    private readonly streams: EventStreams,
    private readonly places: SessionPlaces,
    private readonly grants: StreamGrants,
    private readonly tools: SessionTools,
    private readonly bus: Bus,
  ) {}

  /**
   * Opens the stream and tells the client where to send its messages.
   * @param endpoint makes that URL out of the session's id
   * @param granted whether messages need no other credential than that id
   * @throws JsonRpcError 503
   */
  open(
    reply: FastifyReply,
    principal: Principal,
    view: View,
    endpoint: (id: string) => string,
    granted: boolean,
  ): void {
    this.places.take();
    const id = ownedId(this.bus.replica, randomBytes(32).toString('base64url'));
    const calls = new OpenCalls();
    const onClose = (): void => {
      this.sessions.delete(id);
      this.grants.revoke(id);
      this.places.free();
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

  /** The replica that has the stream of a session, where that is another one. */
  elsewhere(id: unknown): string | undefined {
    const owner = this.bus.isShared && typeof id === 'string' ? ownerOf(id) : undefined;
    return owner === this.bus.replica ? undefined : owner;
  }

  /** @throws JsonRpcError 404 when there is no such session, or it is another principal's */
  find(id: unknown, principalKey: string): SseSession {
    const session = typeof id === 'string' ? this.sessions.get(id) : undefined;
    if (session?.principal.key !== principalKey) throw sessionNotFound();
    return session;
  }
}
