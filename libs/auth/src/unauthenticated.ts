import type { Config } from '@manifold/config';
import { ProblemError } from '@manifold/rest';
import { challenge } from './resource-metadata.js';

/**
 * Error for a credential that is not valid. Its message names the failed check and goes to the log only, never to the caller. It never
 * contains the credential.
 */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
}

/**
 * Returns the 401 error of every route. Its message is generic, and its header tells a client where to get a token (RFC 9728, section 5.1).
 * @param url the request's URL
 * @param credentialGiven whether the request had a credential
 */
export function unauthenticated(config: Config, url: string, credentialGiven: boolean): ProblemError {
  const message = credentialGiven ? 'The credential is not valid' : 'Authentication is required';
  const headers = { 'www-authenticate': challenge(config, url, credentialGiven) };
  return new ProblemError(401, 'unauthenticated', message, { headers });
}
