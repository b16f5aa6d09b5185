import type { OAuthMetadata } from '../protocol/metadata-documents.js';
import { covers, isLoopback } from '../protocol/metadata-rules.js';
import type { ClientCredentials } from '../protocol/protected-server.js';

/** Authorization server of the tokens, as it was when the user consented. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** `token_endpoint_auth_methods_supported`. */
  readonly authMethods?: readonly string[];
}

/** Data of a user's connection to a server. All of it is sealed: a party that could change the token endpoint would get the tokens. */
export interface ConnectionTokens {
  /** Access token; missing if the server has refused the last one. */
  readonly accessToken?: string;
  /** Refresh token; missing if there was none, or it was refused. */
  readonly refreshToken?: string;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  /** Expiry in epoch milliseconds; undefined if it is unknown. */
  readonly expiresAt?: number;
  /** Granted scopes. */
  readonly scopes: readonly string[];
  /** Resource of the tokens: the URL of the server, or one above it. Tokens are sent to no other server. */
  readonly resource: string;
  /** Parameter `resource` of token requests (RFC 8707) where it is not the resource of the tokens; null: it is left out. */
  readonly indicator?: string | null;
  /** Authorization server; undefined for imported tokens until the first refresh discovers it. */
  readonly issuer?: TokenIssuer;
  readonly client?: ClientCredentials;
  /** Refreshes that were refused for their form, since the last that was not. Times in epoch milliseconds. */
  readonly refusals?: Refusals;
}

interface Refusals {
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/** Public state of a connection. Times are ISO 8601. */
export interface ConnectionStatus {
  /** `expired`: the user has to connect again. */
  readonly state: 'connected' | 'expired' | 'none';
  readonly scopes: readonly string[];
  readonly issuedAt?: string;
  readonly expiresAt?: string;
  readonly canRefresh: boolean;
  readonly authorizationServer?: string;
}

export const tokenIssuerOf = (metadata: OAuthMetadata): TokenIssuer => ({
  issuer: metadata.issuer,
  tokenEndpoint: metadata.token_endpoint,
  authMethods: metadata.token_endpoint_auth_methods_supported,
});

/** Maximum clock difference in milliseconds. Tokens are renewed before they expire by any of the clocks. */
const CLOCK_SKEW_MS = 300_000;
/** Share of the lifetime that limits this margin. With the full margin, every call would refresh a short-lived token. */
const SHARE_OF_LIFE = 0.2;

export function isFresh({ issuedAt, expiresAt }: ConnectionTokens, now: number): boolean {
  if (expiresAt === undefined) return true;
  return now < expiresAt - Math.min(CLOCK_SKEW_MS, (expiresAt - issuedAt) * SHARE_OF_LIFE);
}

/** @param rejected token that the server has just refused */
export function isAlive({ accessToken, expiresAt }: ConnectionTokens, now: number, rejected?: string): boolean {
  return accessToken !== undefined && accessToken !== rejected && (expiresAt === undefined || now < expiresAt);
}

/**
 * Returns whether the tokens were issued for this server. If the server's registered URL changes, the tokens are not sent to the new URL.
 */
export function areFor({ resource }: ConnectionTokens, serverUrl: string): boolean {
  return takesTokens(serverUrl) && covers(resource, new URL(serverUrl));
}

/** Returns whether tokens may be sent to the URL: over https, or on loopback, where no third party can read them. */
export function takesTokens(serverUrl: string): boolean {
  const url = URL.parse(serverUrl);
  return url !== null && (url.protocol === 'https:' || isLoopback(url));
}

/** A grant that only finds refusals of the request counts as lost after so many refreshes, over so many milliseconds. */
const LOST_AFTER = 3;
const LOST_AFTER_MS = 600_000;

/** Counts a refresh that was refused for its form. There are few writes, however many refreshes follow. */
export function withRefusal(tokens: ConnectionTokens, now: number): ConnectionTokens {
  const { count, first } = tokens.refusals ?? { count: 0, first: now };
  const isNews = count < LOST_AFTER || (!seemsLost(tokens) && now - first >= LOST_AFTER_MS);
  return isNews ? { ...tokens, refusals: { count: count + 1, first, last: now } } : tokens;
}

/** Returns whether the user should connect again, although the grant may be good. It stays, and refreshes are tried. */
export const seemsLost = ({ refusals }: ConnectionTokens): boolean =>
  refusals !== undefined && refusals.count >= LOST_AFTER && refusals.last - refusals.first >= LOST_AFTER_MS;

export function statusOf(tokens: ConnectionTokens | undefined, now: number): ConnectionStatus {
  if (!tokens) return { state: 'none', scopes: [], canRefresh: false };
  const canRefresh = tokens.refreshToken !== undefined;
  return {
    state: (canRefresh && !seemsLost(tokens)) || isAlive(tokens, now) ? 'connected' : 'expired',
    scopes: tokens.scopes,
    issuedAt: new Date(tokens.issuedAt).toISOString(),
    expiresAt: tokens.expiresAt === undefined ? undefined : new Date(tokens.expiresAt).toISOString(),
    canRefresh,
    authorizationServer: tokens.issuer?.issuer,
  };
}
