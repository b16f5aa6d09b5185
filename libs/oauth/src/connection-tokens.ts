import { checkResourceAllowed } from '@modelcontextprotocol/sdk/shared/auth-utils.js';
import type { OAuthMetadata } from '@modelcontextprotocol/sdk/shared/auth.js';
import { isLoopback } from './metadata-rules.js';
import type { ClientCredentials } from './protected-server.js';

/** Where tokens come from, as it was when the user consented. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** `token_endpoint_auth_methods_supported`. */
  readonly authMethods?: readonly string[];
}

/** What a user's connection to a server consists of. All of it is secret: who could change the token endpoint would get the tokens. */
export interface ConnectionTokens {
  /** Missing: the server has refused the last one. */
  readonly accessToken?: string;
  /** Missing: there was none, or it was refused. */
  readonly refreshToken?: string;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  /** Epoch milliseconds; undefined: nobody has said. */
  readonly expiresAt?: number;
  /** As granted. */
  readonly scopes: readonly string[];
  /** What they are for: the URL of the server, or one above it. They are sent nowhere else. */
  readonly resource: string;
  /** Undefined where another system got the tokens: found out by the first refresh. */
  readonly issuer?: TokenIssuer;
  readonly client?: ClientCredentials;
}

/** What may be shown of a connection. Times are ISO 8601. */
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

/** Clocks may differ by so much: tokens are replaced before anybody's clock says that they have expired. */
const CLOCK_SKEW_MS = 300_000;
/** Of a short life a fifth is enough: with the full margin each call would refresh. */
const SHARE_OF_LIFE = 0.2;

export function isFresh({ issuedAt, expiresAt }: ConnectionTokens, now: number): boolean {
  if (expiresAt === undefined) return true;
  return now < expiresAt - Math.min(CLOCK_SKEW_MS, (expiresAt - issuedAt) * SHARE_OF_LIFE);
}

/** @param rejected a token that the server has just refused */
export function isAlive({ accessToken, expiresAt }: ConnectionTokens, now: number, rejected?: string): boolean {
  return accessToken !== undefined && accessToken !== rejected && (expiresAt === undefined || now < expiresAt);
}

/** Whether the tokens were issued for this server. A registration can be changed to another URL: they do not follow it there. */
export function areFor({ resource }: ConnectionTokens, serverUrl: string): boolean {
  const requested = URL.parse(serverUrl);
  if (!requested || !URL.canParse(resource)) return false;
  return takesTokens(serverUrl) && checkResourceAllowed({ requestedResource: requested, configuredResource: resource });
}

/** Tokens travel over https only; on loopback there is nobody on the way. */
export function takesTokens(serverUrl: string): boolean {
  const url = URL.parse(serverUrl);
  return url !== null && (url.protocol === 'https:' || isLoopback(url));
}

export function statusOf(tokens: ConnectionTokens | undefined, now: number): ConnectionStatus {
  if (!tokens) return { state: 'none', scopes: [], canRefresh: false };
  const canRefresh = tokens.refreshToken !== undefined;
  return {
    state: canRefresh || isAlive(tokens, now) ? 'connected' : 'expired',
    scopes: tokens.scopes,
    issuedAt: new Date(tokens.issuedAt).toISOString(),
    expiresAt: tokens.expiresAt === undefined ? undefined : new Date(tokens.expiresAt).toISOString(),
    canRefresh,
    authorizationServer: tokens.issuer?.issuer,
  };
}
