import type { Config } from '@manifold/config';
import { ProblemError } from '@manifold/rest';

/**
 * Answers requests for paths that are not served, where a challenge would mislead MCP clients. All other such requests need a credential
 * first, so that outsiders do not learn which routes exist.
 *
 * - Clients look for OAuth metadata in all places that specifications name. A 401 ends their search (RFC 8414, section 3.1).
 * - Clients send a message to the URL of HTTP+SSE to find out whether it speaks Streamable HTTP. They fall back to HTTP+SSE at 404 and 405
 *   (2025-11-25, "Backwards Compatibility"). At 401 they would start to authorize, although their user's token may be in the URL.
 * @throws ProblemError
 */
export function refusePublicly({ url }: { readonly url: string }, { legacySse }: Config): void {
  const path = url.split('?', 1)[0]!;
  if (path.startsWith('/.well-known/')) throw new ProblemError(404, 'not_found', 'There is no such document');
  if (path !== '/sse') return;
  if (!legacySse) throw new ProblemError(404, 'not_found', 'The HTTP+SSE transport is switched off');
  throw new ProblemError(405, 'method_not_allowed', 'Method not allowed', { headers: { allow: 'GET' } });
}
