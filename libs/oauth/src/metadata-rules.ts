import { checkResourceAllowed } from '@modelcontextprotocol/sdk/shared/auth-utils.js';
import type { OAuthMetadata } from '@modelcontextprotocol/sdk/shared/auth.js';
import { OAuthFault } from './oauth-fault.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export const isLoopback = (url: string | URL): boolean => LOOPBACK.test(new URL(url).hostname);

/**
 * https; plain http only on loopback, and there only where the server itself is: else a server on the internet could send browsers and
 * tokens to whatever listens on the user's machine.
 * @throws OAuthFault `metadata_refused`
 */
export function checkUrl(text: string, what: string, server: URL): URL {
  const url = URL.parse(text);
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url) && isLoopback(server));
  if (url && secure && url.username === '' && url.password === '' && url.hash === '') return url;
  throw new OAuthFault('metadata_refused', `The ${what} of the server is not an https URL`);
}

/**
 * The metadata has to be that of this server, or of a resource above it: else a server could have tokens issued for another one, and
 * pass them on (RFC 9728, 3.3).
 * @throws OAuthFault `metadata_refused`
 */
export function checkResource(resource: string, server: URL): void {
  if (checkResourceAllowed({ requestedResource: server, configuredResource: resource })) return;
  throw new OAuthFault('metadata_refused', 'The metadata of the server is that of another resource');
}

/**
 * @param issuer as the server names it. The document has to name it too: whoever can place a document on another host must not speak for
 *   this one (RFC 8414, 3.3)
 * @throws OAuthFault `metadata_refused`
 */
export function checkAuthorizationServer(metadata: OAuthMetadata, issuer: string, server: URL): void {
  if (!isSameIssuer(metadata.issuer, issuer)) {
    throw new OAuthFault('metadata_refused', 'The metadata of the authorization server names another issuer');
  }
  checkUrl(metadata.authorization_endpoint, 'authorization endpoint', server);
  checkUrl(metadata.token_endpoint, 'token endpoint', server);
  if (metadata.registration_endpoint !== undefined) {
    checkUrl(metadata.registration_endpoint, 'registration endpoint', server);
  }
  if (!metadata.response_types_supported.includes('code')) {
    throw new OAuthFault('metadata_refused', 'The authorization server gives no authorization codes');
  }
  // Without PKCE, whoever gets hold of a code can redeem it (OAuth 2.1, 7.5.1).
  if (!metadata.code_challenge_methods_supported?.includes('S256')) {
    throw new OAuthFault('metadata_refused', 'The authorization server does not support PKCE with S256');
  }
}

/** Equal as text; of `https://host` and `https://host/`, which are one URL, both spellings are in use. */
export const isSameIssuer = (one: string, other: string): boolean => withoutRootPath(one) === withoutRootPath(other);

const withoutRootPath = (issuer: string): string => issuer.replace(/^(https?:\/\/[^/]+)\/$/, '$1');
