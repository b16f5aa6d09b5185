import type { Question } from '@manifold/tool-provider';
import type { Introduction } from './introductions.js';
import { isObject, type Params, type RequestId } from './json-rpc.js';
import { JsonText, type MethodResult } from './method-handler.js';
import { MODERN_VERSIONS } from './protocol-versions.js';
import { SUBSCRIPTION_ID_KEY } from './request-meta.js';
import { SERVER_INFO } from './server-info.js';
import { SplicedText, type Text } from './spliced-text.js';

const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';
const META = { [SERVER_INFO_KEY]: SERVER_INFO };

/** Milliseconds for which a client may keep a list. Short: not every client subscribes to its changes. */
const LIST_TTL_MS = 1_000;
const DISCOVERY_TTL_MS = 60_000;

/** The members that every list has: what a list holds depends on the user, so no shared cache may keep it. */
const LIST_MEMBERS = JSON.stringify({
  resultType: 'complete',
  ttlMs: LIST_TTL_MS,
  cacheScope: 'private',
  _meta: META,
}).slice(0, -1);

/** The JSON text of a result in revision 2026-07-28. A `resultType` or `_meta` that the upstream gave is kept. */
export function modernResult(result: MethodResult): Text {
  if (result instanceof JsonText) return listResult(result.text);
  const { _meta: meta = {} } = result;
  return JSON.stringify({
    resultType: 'complete',
    ...result,
    _meta: isObject(meta) ? { ...META, ...meta } : meta,
  });
}

/** What a read gives may depend on the user, and how long it stays as it is only its owner can say. */
export function modernReadResult(result: MethodResult): Text {
  if (result instanceof JsonText) return modernResult(result);
  const { ttlMs } = result;
  const isLifetime = Number.isSafeInteger(ttlMs) && Number(ttlMs) >= 0;
  return modernResult({ ...result, ttlMs: isLifetime ? ttlMs : 0, cacheScope: 'private' });
}

/** The result that asks the client, whose next request brings the answers and the state. */
export const inputRequired = (inputRequests: Readonly<Record<string, Question>>, requestState: string): Text =>
  JSON.stringify({ resultType: 'input_required', inputRequests, requestState, _meta: META });

/** The last message of a subscription that the gateway ends. */
export const subscriptionEnded = (id: RequestId): Text =>
  JSON.stringify({ resultType: 'complete', _meta: { ...META, [SUBSCRIPTION_ID_KEY]: id } });

function listResult(text: Text): Text {
  if (typeof text === 'string') return `${LIST_MEMBERS},${text.slice(1)}`;
  return new SplicedText(`${LIST_MEMBERS},${text.before.slice(1)}`, text.shared, text.after);
}

/**
 * The result of `server/discover`.
 * @param isShared whether it is the same for everybody, so that shared caches may keep it
 * @param more capabilities that there are in this era only
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
