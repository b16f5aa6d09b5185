import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from './principal.js';

const ROUTES: ReadonlySet<string | undefined> = new Set(['/messages', '/sse/messages']);

/**
 * Lets clients that know nothing but a URL use HTTP+SSE.
 *
 * Their token comes with the request for the stream, in its query; their messages go to the URL that the stream names, and that must not
 * carry the token. So the session's id is their credential there: 256 random bits, told to the caller on the stream alone, good until the
 * stream or the token ends. Sessions whose client can send a header are not granted: everybody has to say who they are there.
 */
@Injectable()
export class StreamGrants {
  private readonly principals = new Map<string, Principal>();

  grant(sessionId: string, principal: Principal): void {
    this.principals.set(sessionId, principal);
  }

  /** Must be called when the stream ends. */
  revoke(sessionId: string): void {
    this.principals.delete(sessionId);
  }

  /** Whom a request without a credential comes from. */
  principalOf({ routeOptions, query }: Pick<FastifyRequest, 'routeOptions' | 'query'>): Principal | undefined {
    if (!ROUTES.has(routeOptions.url)) return undefined;
    const { sessionId } = query as { sessionId?: unknown };
    return typeof sessionId === 'string' ? this.principals.get(sessionId) : undefined;
  }
}
