import { ProviderError } from '@manifold/tool-provider';
import type { UpstreamConnection } from '@manifold/mcp-client';

const LIMIT_MS = 5_000;

/**
 * Waits, after a cancelled call, until the server has sent all its messages about that call. Messages keep their order, so
 * the server answers a ping only after it has received the cancellation.
 * @returns whether the server has answered
 */
export async function isQuiet(connection: UpstreamConnection): Promise<boolean> {
  try {
    await connection.request('ping', {}, { signal: AbortSignal.timeout(LIMIT_MS) });
    return true;
  } catch (error) {
    return error instanceof ProviderError && error.rpcError !== undefined;
  }
}
