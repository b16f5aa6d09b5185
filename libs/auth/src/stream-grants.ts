import { Injectable } from '@nestjs/common';
import { Bus, OnCalled, ownerOf, Topic } from '@manifold/bus';
import type { Principal } from './principal.js';

type Grantee = Omit<Principal, 'credential'> & { readonly credential?: undefined };

/** Request for the principal of a stream. A replica that receives a message for the stream sends it to the stream's owner. */
const GRANTED = new Topic<{ readonly sessionId: string }, Grantee | null>('auth.stream-grant');

/**
 * Authenticates messages of HTTP+SSE clients that can configure only a URL.
 *
 * Such a client sends its token in the query of the request that opens the stream. It sends messages to the URL that the stream names,
 * which must not contain the token. For these messages, the session id is the credential: 256 random bits that only the stream reveals to
 * the client. It is valid until the stream ends or the token expires. If the client can send a header, its session gets no grant, and each
 * message needs the credential.
 *
 * The session id names the replica that holds the stream. Other replicas ask that replica.
 */
@Injectable()
export class StreamGrants {
  private readonly principals = new Map<string, Principal>();

  constructor(private readonly bus: Bus) {}

  @OnCalled(GRANTED)
  async granted({ sessionId }: { readonly sessionId: string }): Promise<Grantee | null> {
    const principal = this.principals.get(sessionId);
    return principal ? { ...principal, credential: undefined } : null;
  }

  grant(sessionId: string, principal: Principal): void {
    this.principals.set(sessionId, principal);
  }

  /** Must be called when the stream ends. */
  revoke(sessionId: string): void {
    this.principals.delete(sessionId);
  }

  /** Returns the principal of a session to which a grant was given, here or at the replica that holds the stream. */
  async principalOf(sessionId: string): Promise<Principal | undefined> {
    return this.principals.get(sessionId) ?? (await this.grantedElsewhere(sessionId));
  }

  private async grantedElsewhere(sessionId: string): Promise<Principal | undefined> {
    const owner = ownerOf(sessionId);
    if (!this.bus.isShared || owner === undefined || owner === this.bus.replica) return undefined;
    return (await this.bus.call(owner, GRANTED, { sessionId }).catch(() => null)) ?? undefined;
  }
}
