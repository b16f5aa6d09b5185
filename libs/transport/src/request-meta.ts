import type { RawObject } from '@manifold/tool-provider';
import { metaOf, type Params } from './json-rpc.js';
import { PROTOCOL_VERSION_KEY } from './protocol-versions.js';

export const CLIENT_CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
export const CLIENT_INFO_KEY = 'io.modelcontextprotocol/clientInfo';
export const LOG_LEVEL_KEY = 'io.modelcontextprotocol/logLevel';
export const SUBSCRIPTION_ID_KEY = 'io.modelcontextprotocol/subscriptionId';

/** What is between client and gateway. */
const OWN_KEYS: readonly string[] = [
  'progressToken',
  PROTOCOL_VERSION_KEY,
  CLIENT_CAPABILITIES_KEY,
  CLIENT_INFO_KEY,
  LOG_LEVEL_KEY,
  SUBSCRIPTION_ID_KEY,
];

/** The `_meta` of a request as an upstream may see it: traces, and whatever else a client sends along. Mostly there is nothing. */
export function passedOnMeta(params: Params): RawObject | undefined {
  const meta = metaOf(params);
  let passed: Record<string, unknown> | undefined;
  for (const key of Object.keys(meta)) if (!OWN_KEYS.includes(key)) (passed ??= {})[key] = meta[key];
  return passed;
}
