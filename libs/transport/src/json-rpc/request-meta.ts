import type { RawObject } from '@manifold/tool-provider';
import { metaOf, type Params } from './json-rpc.js';

/** Key in `params._meta` in which a request of the modern era names its protocol revision. */
export const PROTOCOL_VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
export const CLIENT_CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
export const CLIENT_INFO_KEY = 'io.modelcontextprotocol/clientInfo';
export const LOG_LEVEL_KEY = 'io.modelcontextprotocol/logLevel';
export const SUBSCRIPTION_ID_KEY = 'io.modelcontextprotocol/subscriptionId';

/** Keys of `_meta` that concern only the client and the gateway. They are not sent to an upstream. */
const OWN_KEYS: readonly string[] = [
  'progressToken',
  PROTOCOL_VERSION_KEY,
  CLIENT_CAPABILITIES_KEY,
  CLIENT_INFO_KEY,
  LOG_LEVEL_KEY,
  SUBSCRIPTION_ID_KEY,
];

/**
 * Returns the part of a request's `_meta` that is passed on to an upstream: trace context and any other keys of the client.
 * @returns undefined if no key is left, which is the usual case
 */
export function passedOnMeta(params: Params): RawObject | undefined {
  const meta = metaOf(params);
  let passed: Record<string, unknown> | undefined;
  for (const key of Object.keys(meta)) if (!OWN_KEYS.includes(key)) (passed ??= {})[key] = meta[key];
  return passed;
}
