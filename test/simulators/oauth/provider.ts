import { generateKeyPairSync, randomBytes } from 'node:crypto';
import './quiet-oidc-provider.js';
import { Provider } from 'oidc-provider';
import type { Records } from './records.js';

/** The rules of the authorization server. Tests may change them at any time; a change applies to tokens that are issued afterwards. */
export interface IssuingRules {
  /** Lifetime of an access token. */
  accessTokenSeconds: number;
  /** The grants that come with a refresh token. */
  refreshTokens: 'always' | 'offline_access' | 'never';
  /** Whether each refresh issues a new refresh token. If an old one is used again, the whole grant is revoked. */
  rotateRefreshTokens: boolean;
  /** The real origins of client id metadata documents: `https://gateway.test` → `http://127.0.0.1:3001`. */
  documentOrigins: Record<string, string>;
}

/** Scopes of every resource. */
export const SCOPES = ['files:read', 'files:write', 'files:delete'];

/** The client with which resource servers check tokens (RFC 7662). */
export const INTROSPECTOR = { id: 'resource-server', secret: 'introspection-secret-of-the-tests' };

/** A client that was registered by hand. */
export const KNOWN_CLIENT = { id: 'known-client', secret: 'secret-of-the-known-client' };

const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

export function oidcProvider(issuer: string, rules: IssuingRules, records: Records, redirectUris: string[]): Provider {
  const confidential = {
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
  };
  return new Provider(issuer, {
    adapter: records.adapter,
    jwks: { keys: [{ ...signingKey, alg: 'ES256', use: 'sig' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clients: [
      {
        client_id: INTROSPECTOR.id,
        client_secret: INTROSPECTOR.secret,
        redirect_uris: [],
        response_types: [],
        grant_types: [],
      },
      { client_id: KNOWN_CLIENT.id, client_secret: KNOWN_CLIENT.secret, redirect_uris: redirectUris, ...confidential },
    ],
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    responseTypes: ['code'],
    // Clients request them at registration.
    scopes: ['openid', 'offline_access', ...SCOPES],
    issueRefreshToken: (
      _: unknown,
      client: { grantTypeAllowed(type: string): boolean },
      { scopes }: { scopes: Set<string> },
    ) =>
      client.grantTypeAllowed('refresh_token') &&
      (rules.refreshTokens === 'always' || (rules.refreshTokens === 'offline_access' && scopes.has('offline_access'))),
    rotateRefreshToken: () => rules.rotateRefreshTokens,
    // When the user's session at this server ends, its grants remain valid.
    expiresWithSession: () => false,
    fetch: (url: string | URL, options: RequestInit) => fetchDocument(url, options, rules.documentOrigins),
    ttl: {
      AccessToken: () => rules.accessTokenSeconds,
      AuthorizationCode: 60,
      Grant: 86_400,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      revocation: { enabled: true },
      registration: { enabled: true },
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, resource: string) => ({
          audience: resource,
          scope: SCOPES.join(' '),
          accessTokenFormat: 'opaque',
          accessTokenTTL: rules.accessTokenSeconds,
        }),
      },
    },
  });
}

/** Fetches a document without oidc-provider's guard against private addresses, because in a test every address is on loopback. */
function fetchDocument(
  url: string | URL,
  options: RequestInit,
  origins: Readonly<Record<string, string>>,
): Promise<Response> {
  const { origin, pathname, search } = new URL(url);
  const init = { method: options.method, headers: options.headers, redirect: options.redirect, signal: options.signal };
  return fetch(`${origins[origin] ?? origin}${pathname}${search}`, init);
}
