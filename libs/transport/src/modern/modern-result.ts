import { isObject } from '@manifold/async';
import type { ServerRequest } from '@manifold/tool-provider';
import type { Introduction } from '../sessions/introductions.js';
import type { Params, RequestId } from '../json-rpc/json-rpc.js';
import { JsonText, type MethodResult } from '../methods/method-handler.js';
import { MODERN_VERSIONS } from '../json-rpc/protocol-versions.js';
import { SUBSCRIPTION_ID_KEY } from '../json-rpc/request-meta.js';
import { SERVER_INFO } from '../json-rpc/server-info.js';
import { SplicedText, type Text } from '../json-rpc/spliced-text.js';

const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';
const META = { [SERVER_INFO_KEY]: SERVER_INFO };

/** Milliseconds for which a client may cache a list. The time is short, because not every client subscribes to changes. */
const LIST_TTL_MS = 1_000;
const DISCOVERY_TTL_MS = 60_000;

/** Members that every list result has. The content depends on the user, so shared caches must not store it. */
const LIST_MEMBERS = JSON.stringify({
  resultType: 'complete',
  ttlMs: LIST_TTL_MS,
  cacheScope: 'private',
  _meta: META,
}).slice(0, -1);

/** Returns the JSON text of a result in revision 2026-07-28. A `resultType` or `_meta` from the upstream is kept. */
export function modernResult(result: MethodResult): Text {
  if (result instanceof JsonText) return listResult(result.text);
  const { _meta: meta = {} } = result;
  return JSON.stringify({
    resultType: 'complete',
    ...result,
    _meta: isObject(meta) ? { ...META, ...meta } : meta,
  });
}

/** Returns the result of `resources/read`. It may depend on the user, so it is private. Its lifetime is the upstream's `ttlMs`, else 0. */
export function modernReadResult(result: MethodResult): Text {
  if (result instanceof JsonText) return modernResult(result);
  const { ttlMs } = result;
  const isLifetime = Number.isSafeInteger(ttlMs) && Number(ttlMs) >= 0;
  return modernResult({ ...result, ttlMs: isLifetime ? ttlMs : 0, cacheScope: 'private' });
}

/** Returns a result that asks the client for input. The client's next request contains the answers and the state. */
export const inputRequired = (inputRequests: Readonly<Record<string, ServerRequest>>, requestState: string): Text =>
  JSON.stringify({ resultType: 'input_required', inputRequests, requestState, _meta: META });

/** Returns the last message of a subscription that the gateway ends. */
export const subscriptionEnded = (id: RequestId): Text =>
  JSON.stringify({ resultType: 'complete', _meta: { ...META, [SUBSCRIPTION_ID_KEY]: id } });

function listResult(text: Text): Text {
  if (typeof text === 'string') return `${LIST_MEMBERS},${text.slice(1)}`;
  return new SplicedText(`${LIST_MEMBERS},${text.before.slice(1)}`, text.shared, text.after);
}

/**
 * Returns the result of `server/discover`.
 * @param isShared whether the result is the same for all users, so that shared caches may store it
 * @param more capabilities that exist in this era only
 */
export const discoverResult = (
  { capabilities, instructions, serverInfo }: Introduction,
  isShared: boolean,
  more?: Params,
): string =>
  JSON.stringify({
    resultType: 'complete',
    supportedVersions: MODERN_VERSIONS,
    capabilities: { ...capabilities, ...more },
    instructions,
    ttlMs: DISCOVERY_TTL_MS,
    cacheScope: isShared ? 'public' : 'private',
    _meta: { [SERVER_INFO_KEY]: serverInfo },
  });
