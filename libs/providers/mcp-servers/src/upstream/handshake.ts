import { LATEST_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { PRODUCT_NAME, VERSION } from '@manifold/config';
import { ProviderError } from '@manifold/tool-provider';
import type { JsonRpcConnection } from './json-rpc-connection.js';
import type { Pipe } from './pipe.js';
import type { RawObject } from './upstream-connection.js';

/**
 * Opens an MCP session (basic/lifecycle).
 * @param capabilities what the server may ask of the client
 * @returns what the server answered to `initialize`
 */
export async function handshake(
  rpc: JsonRpcConnection,
  pipe: Pipe,
  signal: AbortSignal,
  capabilities: RawObject = {},
): Promise<RawObject> {
  const clientInfo = { name: PRODUCT_NAME, version: VERSION };
  const offer = { protocolVersion: LATEST_PROTOCOL_VERSION, capabilities, clientInfo };
  const result = await rpc.request('initialize', offer, { signal });
  const version = supportedVersion(result.protocolVersion);
  pipe.agreedOn?.(version);
  await rpc.notify('notifications/initialized');
  return result;
}

function supportedVersion(version: unknown): string {
  if (typeof version === 'string' && SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return version;
  const known = SUPPORTED_PROTOCOL_VERSIONS.join(', ');
  throw new ProviderError('upstream_unavailable', `The server speaks none of the MCP versions ${known}`);
}
