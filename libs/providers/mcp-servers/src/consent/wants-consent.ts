import { takesTokens } from '@manifold/oauth';
import { ProviderError } from '@manifold/tool-provider';
import type { ServerRecord } from '../server-record.js';
import { HttpRefusal } from '../upstream/index.js';

/**
 * Whether a server that refused a request may take a user's OAuth token instead. Where credentials of another kind were refused, the
 * server has to say that it knows tokens.
 */
export function wantsConsent(error: unknown, { transport, secretsAs }: ServerRecord): error is ProviderError {
  if (!(error instanceof ProviderError) || error.code !== 'reauth_required') return false;
  if (transport.transportType !== 'streamable_http' || !takesTokens(transport.url)) return false;
  if (error.cause instanceof HttpRefusal && error.cause.challenge) return true;
  const hasCredentials = Object.keys(transport.headers).some((name) => name.toLowerCase() === 'authorization');
  return secretsAs !== 'headers' && !hasCredentials;
}
