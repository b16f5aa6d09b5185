import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Bus, ownerOf, Topic, type Unsubscribe } from '@manifold/bus';
import type { Principal } from './principal.js';

const ROUTES: ReadonlySet<string | undefined> = new Set(['/messages', '/sse/messages']);

/** Whose stream this is, for the replica that has got a message for it. */
const GRANTED = new Topic<{ readonly sessionId: string }, Omit<Principal, 'credential'> | null>('auth.stream-grant');

/**
 * Lets clients that know nothing but a URL use HTTP+SSE.
 *
 * Their token comes with the request for the stream, in its query; their messages go to the URL that the stream names, and that must not
 * carry the token. So the session's id is their credential there: 256 random bits, told to the caller on the stream alone, good until the
 * stream or the token ends. Sessions whose client can send a header are not granted: everybody has to say who they are there.
 *
 * The id names the replica that has the stream; others ask it.
 */
@Injectable()
export class StreamGrants implements OnModuleInit, OnApplicationShutdown {
  private readonly principals = new Map<string, Principal>();
  private unsubscribe?: Unsubscribe;

  constructor(private readonly bus: Bus) {}

  onModuleInit(): void {
    this.unsubscribe = this.bus.onAsked(GRANTED, async ({ sessionId }) => {
      const principal = this.principals.get(sessionId);
      return principal ? { ...principal, credential: undefined } : null;
    });
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  grant(sessionId: string, principal: Principal): void {
    this.principals.set(sessionId, principal);
  }

  /** Must be called when the stream ends. */
  revoke(sessionId: string): void {
    this.principals.delete(sessionId);
  }

  /** Whom a request without a credential comes from. */
  async principalOf({
    routeOptions,
    query,
  }: Pick<FastifyRequest, 'routeOptions' | 'query'>): Promise<Principal | undefined> {
    if (!ROUTES.has(routeOptions.url)) return undefined;
    const { sessionId } = query as { sessionId?: unknown };
    if (typeof sessionId !== 'string') return undefined;
    return this.principals.get(sessionId) ?? (await this.grantedElsewhere(sessionId));
  }

  private async grantedElsewhere(sessionId: string): Promise<Principal | undefined> {
    const owner = ownerOf(sessionId);
    if (!this.bus.isShared || owner === undefined || owner === this.bus.replica) return undefined;
    return (await this.bus.ask(owner, GRANTED, { sessionId }).catch(() => null)) ?? undefined;
  }
}
