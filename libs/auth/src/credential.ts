import type { FastifyRequest } from 'fastify';
import { isApiKey } from './api-keys/api-key.js';

/** Credential that a request carries. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'api-key'; readonly key: string }
  | { readonly kind: 'jwt'; readonly token: string; readonly inQuery?: true }
  /** Id of an HTTP+SSE session, in the URL of a message. */
  | { readonly kind: 'stream'; readonly sessionId: string };

const NONE: Credential = { kind: 'none' };
const MALFORMED: Credential = { kind: 'malformed' };

/** RFC 6750, section 2.1. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
/** RFC 7515, section 3.1. */
const COMPACT_JWS = /^[\w-]+\.[\w-]*\.[\w-]*$/;

type Url = Pick<FastifyRequest, 'routeOptions' | 'query'>;

/** Routes of HTTP+SSE messages. The checks use the matched route, so no other spelling of a path passes them. */
const MESSAGES: readonly (string | undefined)[] = ['/messages', '/sse/messages'];
/** Routes for clients that can configure only a URL. */
const TOKEN_IN_QUERY: readonly (string | undefined)[] = ['/mcp', '/mcp/sessions', '/sse', ...MESSAGES];

/** Returns the value of `?token=` on the routes that accept it: a list if the client sent it more than once. */
export function queryTokenOf({ routeOptions, query }: Url): unknown {
  return TOKEN_IN_QUERY.includes(routeOptions.url) ? (query as { token?: unknown } | null)?.token : undefined;
}

/**
 * Finds the credential in the raw headers (`IncomingMessage.rawHeaders`), or in the query on routes that accept it there.
 *
 * A request with two credentials is refused (RFC 6750, section 2). Node's parsed headers keep the first of two Authorization headers, but a
 * proxy may have checked the second.
 */
export function credentialOf(request: Url & { readonly raw: { readonly rawHeaders: readonly string[] } }): Credential {
  const inHeaders = headerCredential(request.raw.rawHeaders);
  const queryToken = queryTokenOf(request);
  if (queryToken === undefined) return inHeaders === NONE ? streamCredential(request) : inHeaders;
  if (inHeaders !== NONE || typeof queryToken !== 'string' || !COMPACT_JWS.test(queryToken)) return MALFORMED;
  return { kind: 'jwt', token: queryToken, inQuery: true };
}

function streamCredential({ routeOptions, query }: Url): Credential {
  if (!MESSAGES.includes(routeOptions.url)) return NONE;
  const { sessionId } = query as { sessionId?: unknown };
  return typeof sessionId === 'string' ? { kind: 'stream', sessionId } : NONE;
}

function headerCredential(rawHeaders: readonly string[]): Credential {
  let found = NONE;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const read = readerOf(rawHeaders[index]!);
    if (read === undefined) continue;
    if (found !== NONE) return MALFORMED;
    found = read(rawHeaders[index + 1]!);
  }
  return found;
}

/** Returns the parser for a credential header. It compares lengths first, because it runs for every header of every request. */
function readerOf(name: string): ((value: string) => Credential) | undefined {
  if (name.length === 13 && name.toLowerCase() === 'authorization') return bearer;
  if (name.length === 9 && name.toLowerCase() === 'x-api-key') return apiKey;
  return undefined;
}

function bearer(value: string): Credential {
  const token = BEARER.exec(value)?.[1];
  if (token === undefined) return MALFORMED;
  return isApiKey(token) ? { kind: 'api-key', key: token } : { kind: 'jwt', token };
}

const apiKey = (value: string): Credential => (isApiKey(value) ? { kind: 'api-key', key: value } : MALFORMED);
