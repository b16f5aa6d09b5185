import { LRUCache } from 'lru-cache';
import type { IntegrationAppConfig } from '@manifold/config';
import type { Egress } from '@manifold/egress';
import { sourceKey, type RequestLimits } from '@manifold/limits';
import type { Principal } from '../principal.js';
import { acceptedPrincipal, forwardedPrincipal } from './integration-app-token.js';

type Claims = Readonly<Record<string, unknown>>;
type Answer = 'accepted' | 'refused' | 'unanswered';

/** Milliseconds after which a check without an answer ends. */
const LIMIT_MS = 5_000;
/** Milliseconds after which a token that Integration.app has refused, or about which it said nothing, is checked again. */
const REFUSED_MS = 60_000;
const UNANSWERED_MS = 10_000;
const MOST_KEPT = 10_000;
/** Maximum number of checks at the same time. Anybody can make up tokens, so nobody waits for the checks of others. */
const MOST_CHECKS = 50;
/** The same for one address, so that one caller cannot take the places of all others. Users may share the address of a proxy. */
const MOST_CHECKS_PER_ADDRESS = 10;

/**
 * Finds out who the caller with an access token of Integration.app is, if the gateway has no key that verifies it.
 *
 * Integration.app is asked once per token. Until it has accepted the very token, the token is a principal of its own: it reaches no session,
 * chat or cache of the user that it names. After that, it is this user until it expires, so the user's chats go on with the user's next token
 * (docs/THREATS.md, threat 118). A check that does not end well counts as a wrong credential of the caller's address.
 */
export class ForwardedTokens {
  /** Digests of tokens that are not accepted now. */
  private readonly unaccepted = new LRUCache<string, true>({ max: MOST_KEPT });
  private readonly checks = new Map<string, Promise<Answer>>();
  /** Number of checks by address. */
  private readonly checksOf = new Map<string, number>();

  constructor(
    private readonly workspace: Pick<IntegrationAppConfig, 'apiUrl' | 'issuer'>,
    private readonly egress: Pick<Egress, 'request'>,
    private readonly limits: Pick<RequestLimits, 'wrongCredential'>,
    private readonly limitMs = LIMIT_MS,
  ) {}

  /**
   * Returns the principal of a token whose claims nobody has verified.
   * @param digest SHA-256 of the token
   * @param expiresAt epoch milliseconds
   * @param address address of the caller
   * @returns `accepted`: whether the principal is the same as long as the token is valid
   * @throws ProblemError 429, if the token was refused after too many wrong credentials from the address
   */
  async principalOf(
    token: string,
    digest: string,
    claims: Claims,
    expiresAt: number,
    address: string,
  ): Promise<{ readonly principal: Principal; readonly accepted: boolean }> {
    const { issuer } = this.workspace;
    const user = acceptedPrincipal(token, claims, issuer, expiresAt);
    if (user && Date.now() < expiresAt && (await this.isAccepted(token, digest, address))) {
      return { principal: user, accepted: true };
    }
    return { principal: forwardedPrincipal(token, digest, issuer, expiresAt), accepted: false };
  }

  private async isAccepted(token: string, digest: string, address: string): Promise<boolean> {
    if (this.unaccepted.has(digest)) return false;
    const running = this.checks.get(digest);
    if (running) return (await running) === 'accepted';
    const source = sourceKey(address);
    const ofSource = this.checksOf.get(source) ?? 0;
    if (this.checks.size >= MOST_CHECKS || ofSource >= MOST_CHECKS_PER_ADDRESS) return false;
    this.checksOf.set(source, ofSource + 1);
    const check = this.ask(token, digest).finally(() => this.ended(digest, source));
    this.checks.set(digest, check);
    const answer = await check;
    if (answer === 'accepted') return true;
    const tooMany = this.limits.wrongCredential(address);
    // While Integration.app does not answer, the tokens of users are no wrong credentials.
    if (tooMany && answer === 'refused') throw tooMany;
    return false;
  }

  private ended(digest: string, source: string): void {
    this.checks.delete(digest);
    const left = this.checksOf.get(source)! - 1;
    if (left > 0) this.checksOf.set(source, left);
    else this.checksOf.delete(source);
  }

  /** Sends the request that lists the user's connections: Integration.app answers it only with a valid token. Never rejects. */
  private async ask(token: string, digest: string): Promise<Answer> {
    const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(this.limitMs);
    const url = `${this.workspace.apiUrl}/connections?limit=1`;
    const status = await this.egress.request(url, { policy: 'configured', headers, signal }).then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === 200) return 'accepted';
    const answer = status === 401 || status === 403 ? 'refused' : 'unanswered';
    this.unaccepted.set(digest, true, { ttl: answer === 'refused' ? REFUSED_MS : UNANSWERED_MS });
    return answer;
  }
}
