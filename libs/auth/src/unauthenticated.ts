import { ProblemError } from '@manifold/rest';

/**
 * Error for a credential that is not valid. Its message names the failed check and goes to the log only, never to the caller. It never
 * contains the credential.
 */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
}

/**
 * Returns the 401 error of every route. Its message is generic, and its header tells a client where to get a token (RFC 9728, section 5.1).
 * @param credentialGiven whether the request had a credential (RFC 6750, section 3.1)
 */
export function unauthenticated(publicUrl: string, credentialGiven: boolean): ProblemError {
  const metadata = `Bearer resource_metadata="${publicUrl}/.well-known/oauth-protected-resource/mcp"`;
  const challenge = credentialGiven ? `${metadata}, error="invalid_token"` : metadata;
  const message = credentialGiven ? 'The credential is not valid' : 'Authentication is required';
  return new ProblemError(401, 'unauthenticated', message, { headers: { 'www-authenticate': challenge } });
}
