import { ProviderError } from '@manifold/tool-provider';
import type { UpstreamConnection } from '../upstream/index.js';

const LIMIT_MS = 5_000;

/**
 * Waits, after a call that was given up, until the server has said what it still had to say about it: messages keep their order, and
 * it answers a ping after it was told of the cancellation.
 * @returns whether it has answered
 */
export async function isQuiet(connection: UpstreamConnection): Promise<boolean> {
  try {
    await connection.request('ping', {}, { signal: AbortSignal.timeout(LIMIT_MS) });
    return true;
  } catch (error) {
    return error instanceof ProviderError && error.rpcError !== undefined;
  }
}
