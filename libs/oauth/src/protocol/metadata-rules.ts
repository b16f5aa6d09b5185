import { withoutSlashes } from '@manifold/async';
import type { OAuthMetadata } from './metadata-documents.js';
import { OAuthFlowError } from './oauth-flow-error.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export const isLoopback = (url: string | URL): boolean => LOOPBACK.test(new URL(url).hostname);

/**
 * Requires https. Plain http is allowed only on loopback, and only if the server itself is on loopback. Otherwise, a server on the internet
 * could direct browsers and tokens to any service on the user's machine.
 * @throws OAuthFlowError `metadata_refused`
 */
export function checkUrl(text: string, what: string, server: URL): URL {
  const url = URL.parse(text);
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url) && isLoopback(server));
  if (url && secure && url.username === '' && url.password === '' && url.hash === '') return url;
  throw new OAuthFlowError('metadata_refused', `The ${what} of the server is not an https URL`);
}

/**
 * Requires that the metadata is that of this server or of a resource above it. Otherwise, a server could obtain tokens for another server
 * and pass them on (RFC 9728, 3.3).
 * @throws OAuthFlowError `metadata_refused`
 */
export function checkResource(resource: string, server: URL): void {
  if (covers(resource, server)) return;
  throw new OAuthFlowError('metadata_refused', 'The metadata of the server describes another resource');
}

/**
 * Returns whether the resource is the server or one above it: the same origin, and a path that the server's path begins with. A slash at
 * the end of either path does not matter.
 */
export function covers(resource: string, server: URL): boolean {
  const configured = URL.parse(resource);
  return configured?.origin === server.origin && folderOf(server).startsWith(folderOf(configured));
}

const folderOf = ({ pathname }: URL): string => `${withoutSlashes(pathname)}/`;

/** Deviations that an operator allows in the metadata of an authorization server. */
export interface MetadataAllowances {
  /** Another issuer that the metadata may name. */
  readonly alias?: string;
  /** Whether PKCE with S256 is used where the metadata do not mention PKCE. */
  readonly assumesPkce?: boolean;
}

/**
 * Validates the metadata of an authorization server.
 * @param issuer the issuer that the server names. The document must name it too: a party that can place a document on another host must not
 *   speak for this issuer (RFC 8414, 3.3)
 * @throws OAuthFlowError `metadata_refused`
 */
export function checkAuthorizationServer(
  metadata: OAuthMetadata,
  issuer: string,
  server: URL,
  { alias = issuer, assumesPkce = false }: MetadataAllowances = {},
): void {
  if (!isSameIssuer(metadata.issuer, issuer) && !isSameIssuer(metadata.issuer, alias)) {
    throw new OAuthFlowError('metadata_refused', 'The metadata of the authorization server names another issuer');
  }
  checkEndpoints(metadata, server);
  if (!metadata.response_types_supported?.includes('code')) {
    throw new OAuthFlowError('metadata_refused', 'The authorization server does not support authorization codes');
  }
  // Without PKCE, any party that obtains a code can redeem it (OAuth 2.1, 7.5.1).
  const methods = metadata.code_challenge_methods_supported ?? [];
  if (!methods.includes('S256') && (methods.length > 0 || !assumesPkce)) {
    const message = 'The authorization server does not support PKCE with S256';
    const advice = ', or does not say so: an operator can set pkce to assumed';
    throw new OAuthFlowError('metadata_refused', methods.length > 0 ? message : `${message}${advice}`);
  }
}

/** @throws OAuthFlowError `metadata_refused` */
export function checkEndpoints(metadata: OAuthMetadata, server: URL): void {
  checkUrl(metadata.authorization_endpoint, 'authorization endpoint', server);
  checkUrl(metadata.token_endpoint, 'token endpoint', server);
  if (metadata.registration_endpoint !== undefined) {
    checkUrl(metadata.registration_endpoint, 'registration endpoint', server);
  }
}

/** Compares two issuers as text. `https://host` and `https://host/` count as equal: they are one URL, and both forms are in use. */
export const isSameIssuer = (one: string, other: string): boolean => withoutRootPath(one) === withoutRootPath(other);

const withoutRootPath = (issuer: string): string => issuer.replace(/^(https?:\/\/[^/]+)\/$/, '$1');
