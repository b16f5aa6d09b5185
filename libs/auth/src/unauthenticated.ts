import { Problem } from '@manifold/rest';

/** A credential is not good. The message is for the log: which check failed is not for the caller. Never holds the credential. */
export class CredentialRefused extends Error {
  override readonly name = 'CredentialRefused';
}

/**
 * The 401 of every route: flat words, and where a client learns how to get a token (RFC 9728, section 5.1).
 * @param credentialGiven whether the request had a credential (RFC 6750, section 3.1)
 */
export function unauthenticated(publicUrl: string, credentialGiven: boolean): Problem {
  const metadata = `Bearer resource_metadata="${publicUrl}/.well-known/oauth-protected-resource/mcp"`;
  const challenge = credentialGiven ? `${metadata}, error="invalid_token"` : metadata;
  const message = credentialGiven ? 'The credential is not valid' : 'Authentication is required';
  return new Problem(401, 'unauthenticated', message, { headers: { 'www-authenticate': challenge } });
}
