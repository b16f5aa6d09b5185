import { ApiError } from './api-error.js';
import type { Exchange, ReceivedRequest } from '../http/exchange.js';
import type { ParagonState } from './paragon-state.js';

/** The path below `/projects/{id}` for requests to an integration's own API. */
export const PROXY_PATH = /\/sdk\/proxy\/([^/]+)$/;

/**
 * Answers instead of the integration's API with the request that would have reached it: method, URL, headers and body.
 * @throws ApiError
 */
export function answerProxy(user: string, request: ReceivedRequest, exchange: Exchange, state: ParagonState): void {
  const integration = decodeURIComponent(PROXY_PATH.exec(request.path)![1]!);
  const url = request.headers['x-paragon-proxy-url'];
  if (typeof url !== 'string' || url === '') {
    throw new ApiError(400, 'X-Paragon-Proxy-Url must say where the request goes', 'bad_request');
  }
  const { id } = state.accountOf(user, integration);
  const headers = Object.entries(request.headers).filter(([name]) => isForwarded(name));
  const { method, body } = request;
  exchange.json(200, {
    ok: true,
    integration,
    user,
    credential: id,
    request: { method, url, headers: Object.fromEntries(headers), body },
  });
}

/** Tells whether a header is forwarded. The integration's own credential replaces the user's token. */
const isForwarded = (name: string): boolean =>
  !name.startsWith('x-paragon-') && !['authorization', 'host', 'connection', 'content-length'].includes(name);
