import { PRODUCT_NAME, VERSION } from '@manifold/config';
import type { RawObject, RequestOptions } from './upstream-connection.js';

export const MODERN_VERSION = '2026-07-28';
export const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';

const PROTOCOL_VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
const CLIENT_INFO_KEY = 'io.modelcontextprotocol/clientInfo';
const CLIENT_CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
const LOG_LEVEL_KEY = 'io.modelcontextprotocol/logLevel';
const CLIENT_INFO = { name: PRODUCT_NAME, version: VERSION };

/**
 * Returns the `_meta` in which each request of the modern era describes its client (2026-07-28, basic, "Request metadata").
 * Callers filter logs by level themselves, so the server is told to send all levels.
 */
export function envelope({ meta, onLog }: Pick<RequestOptions, 'meta' | 'onLog'>, capabilities: RawObject): RawObject {
  return {
    ...meta,
    [PROTOCOL_VERSION_KEY]: MODERN_VERSION,
    [CLIENT_INFO_KEY]: CLIENT_INFO,
    [CLIENT_CAPABILITIES_KEY]: capabilities,
    ...(onLog && { [LOG_LEVEL_KEY]: 'debug' }),
  };
}
