import { LRUCache } from 'lru-cache';
import type { IntegrationAppConfig } from '@manifold/config';
import type { Egress } from '@manifold/egress';
import type { Principal } from '../principal.js';
import { acceptedPrincipal, forwardedPrincipal } from './integration-app-token.js';

type Claims = Readonly<Record<string, unknown>>;

const LIMIT_MS = 5_000;
/** Milliseconds after which a token that Integration.app has refused, or about which it said nothing, is checked again. */
const REFUSED_MS = 60_000;
const UNANSWERED_MS = 10_000;
const MOST_KEPT = 10_000;
/** Maximum number of checks at the same time. Anybody can make up tokens, so nobody waits for the checks of others. */
const MOST_CHECKS = 50;

/**
 * Finds out who the caller with an access token of Integration.app is, if the gateway has no key that verifies it.
 *
 * Integration.app is asked once per token. Until it has accepted the very token, the token is a principal of its own: it reaches no session,
 * chat or cache of the user that it names. After that, it is this user until it expires, so the user's chats go on with the user's next token
 * (docs/THREATS.md, threat 118).
 */
export class ForwardedTokens {
  /** Digests of tokens that are not accepted now. */
  private readonly unaccepted = new LRUCache<string, true>({ max: MOST_KEPT });
  private readonly checks = new Map<string, Promise<boolean>>();

  constructor(
    private readonly workspace: Pick<IntegrationAppConfig, 'apiUrl' | 'issuer'>,
    private readonly egress: Pick<Egress, 'request'>,
  ) {}

  /**
   * Returns the principal of a token whose claims nobody has verified.
   * @param digest SHA-256 of the token
   * @param expiresAt epoch milliseconds
   * @returns `accepted`: whether the principal is the same as long as the token is valid
   */
  async principalOf(
    token: string,
    digest: string,
    claims: Claims,
    expiresAt: number,
  ): Promise<{ readonly principal: Principal; readonly accepted: boolean }> {
    const { issuer } = this.workspace;
    const user = acceptedPrincipal(token, claims, issuer, expiresAt);
    if (user && Date.now() < expiresAt && (await this.isAccepted(token, digest))) {
      return { principal: user, accepted: true };
    }
    return { principal: forwardedPrincipal(token, digest, issuer, expiresAt), accepted: false };
  }

  private isAccepted(token: string, digest: string): Promise<boolean> | boolean {
    if (this.unaccepted.has(digest)) return false;
    const running = this.checks.get(digest);
    if (running) return running;
    if (this.checks.size >= MOST_CHECKS) return false;
    const check = this.ask(token, digest).finally(() => this.checks.delete(digest));
    this.checks.set(digest, check);
    return check;
  }

  /** Sends the request that lists the user's connections: Integration.app answers it only with a valid token. Never rejects. */
  private async ask(token: string, digest: string): Promise<boolean> {
    const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(LIMIT_MS);
    const url = `${this.workspace.apiUrl}/connections?limit=1`;
    const status = await this.egress.request(url, { policy: 'configured', headers, signal }).then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === 200) return true;
    const isRefusal = status === 401 || status === 403;
    this.unaccepted.set(digest, true, { ttl: isRefusal ? REFUSED_MS : UNANSWERED_MS });
    return false;
  }
}
