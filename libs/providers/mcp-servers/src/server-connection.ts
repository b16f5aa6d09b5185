import { ProviderError } from '@manifold/tool-provider';
import type { CallableServer } from './server-run.js';
import type { UpstreamConnection } from './upstream/index.js';

/**
 * The connection that all calls of a server share. The reason why a server does not start is for operators; callers learn what
 * they can act on.
 * @throws ProviderError; the signal's reason
 */
export async function connectionTo(server: CallableServer, signal: AbortSignal): Promise<UpstreamConnection> {
  try {
    return await server.connect(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof ProviderError && (error.code !== 'upstream_unavailable' || error.retryAfter)) throw error;
    throw new ProviderError('upstream_unavailable', `Server ${server.record.name} is not available`, { cause: error });
  }
}
