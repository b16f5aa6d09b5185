import { LATEST_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { PRODUCT_NAME, VERSION } from '@manifold/config';
import { ProviderError } from '@manifold/tool-provider';
import type { JsonRpcConnection } from './json-rpc/json-rpc-connection.js';
import type { Transport } from './protocol/transport.js';
import type { RawObject } from './protocol/upstream-connection.js';

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
  const params = { protocolVersion: LATEST_PROTOCOL_VERSION, capabilities, clientInfo };
  const result = await rpc.request('initialize', params, { signal });
  const version = supportedVersion(result.protocolVersion);
  transport.agreedOn?.(version);
  await rpc.notify('notifications/initialized');
  return result;
}

function supportedVersion(version: unknown): string {
  if (typeof version === 'string' && SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return version;
  const known = SUPPORTED_PROTOCOL_VERSIONS.join(', ');
  throw new ProviderError('upstream_unavailable', `The server speaks none of the MCP versions ${known}`);
}
