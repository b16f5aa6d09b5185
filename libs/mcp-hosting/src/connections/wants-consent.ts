import { takesTokens } from '@manifold/oauth';
import { ProviderError } from '@manifold/tool-provider';
import type { ServerRecord } from '../model/server-record.js';
import { HttpStatusError } from '@manifold/mcp-client';
import { StartRefusedError } from './start-refused-error.js';

/** Returns whether another start of a server without a change of its settings would fail the same way. */
export const isRefusal = (error: unknown, record: ServerRecord): error is ProviderError =>
  error instanceof StartRefusedError || wantsConsent(error, record);

/**
 * Returns whether a server that refused a request may accept a user's OAuth token instead. If the refused request carried
 * other credentials, the response must contain a challenge.
 */
export function wantsConsent(error: unknown, { transport, secretsAs }: ServerRecord): error is ProviderError {
  if (!(error instanceof ProviderError) || error.code !== 'reauth_required') return false;
  if (transport.transportType !== 'streamable_http' || !takesTokens(transport.url)) return false;
  if (error.cause instanceof HttpStatusError && error.cause.challenge) return true;
  const hasCredentials = Object.keys(transport.headers).some((name) => name.toLowerCase() === 'authorization');
  return secretsAs !== 'headers' && !hasCredentials;
}
