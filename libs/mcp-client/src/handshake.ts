import { LATEST_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { PRODUCT_NAME, VERSION } from '@manifold/config';
import { ProviderError } from '@manifold/tool-provider';
import type { JsonRpcConnection } from './json-rpc/json-rpc-connection.js';
import type { Transport } from './protocol/transport.js';
import type { RawObject } from './protocol/upstream-connection.js';

const EARLIER_VERSIONS = SUPPORTED_PROTOCOL_VERSIONS.filter((version) => version !== LATEST_PROTOCOL_VERSION)
  .sort()
  .reverse();
/** Number of characters of an error in which versions are looked for. */
const MAX_WORDS = 4096;

/**
 * Opens an MCP session (basic/lifecycle).
 * @param capabilities the client capabilities to declare
 * @returns the result of `initialize`
 */
export async function handshake(
  rpc: JsonRpcConnection,
  transport: Transport,
  signal: AbortSignal,
  capabilities: RawObject = {},
): Promise<RawObject> {
  const clientInfo = { name: PRODUCT_NAME, version: VERSION };
  const ask = (protocolVersion: string): Promise<RawObject> =>
    rpc.request('initialize', { protocolVersion, capabilities, clientInfo }, { signal });
  const result = await ask(LATEST_PROTOCOL_VERSION).catch((error: unknown) => {
    const version = versionIn(error);
    if (version === undefined) throw error;
    return ask(version);
  });
  const version = supportedVersion(result.protocolVersion);
  transport.agreedOn?.(version);
  await rpc.notify('notifications/initialized');
  return result;
}

/** Returns the latest version that the gateway speaks of those that a server names when it refuses another one. */
function versionIn(error: unknown): string | undefined {
  const { rpcError } = error instanceof ProviderError ? error : {};
  const words = rpcError && JSON.stringify([rpcError.message, rpcError.data]).slice(0, MAX_WORDS);
  const named = new Set(words?.match(/\b\d{4}-\d{2}-\d{2}\b/g));
  return EARLIER_VERSIONS.find((version) => named.has(version));
}

function supportedVersion(version: unknown): string {
  if (typeof version === 'string' && SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return version;
  const known = SUPPORTED_PROTOCOL_VERSIONS.join(', ');
  throw new ProviderError('upstream_unavailable', `The server speaks none of the MCP versions ${known}`);
}
