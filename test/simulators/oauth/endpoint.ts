import type { ReceivedRequest } from '../http/exchange.js';

/**
 * The requests that a behaviour applies to: those to an endpoint, or all requests to the token endpoint for one grant type. `metadata` is
 * both documents.
 */
export type Target =
  | 'metadata'
  | 'oauth-metadata'
  | 'oidc-metadata'
  | 'authorization'
  | 'interaction'
  | 'token'
  | 'token:authorization_code'
  | 'token:refresh_token'
  | 'registration'
  | 'revocation'
  | 'introspection'
  | 'other';

const PATHS: Readonly<Record<string, Target>> = {
  '/.well-known/oauth-authorization-server': 'oauth-metadata',
  '/.well-known/openid-configuration': 'oidc-metadata',
  '/auth': 'authorization',
  '/token': 'token',
  '/reg': 'registration',
  '/token/revocation': 'revocation',
  '/token/introspection': 'introspection',
};

export function endpointOf(path: string): Target {
  if (path.startsWith('/auth/')) return 'authorization';
  if (path.startsWith('/interaction/')) return 'interaction';
  return PATHS[path] ?? 'other';
}

export function hits(target: string, { path, body }: ReceivedRequest): boolean {
  const endpoint = endpointOf(path);
  if (target === endpoint) return true;
  if (target === 'metadata') return endpoint.endsWith('-metadata');
  return endpoint === 'token' && target === `token:${(body as Record<string, string> | undefined)?.grant_type}`;
}
