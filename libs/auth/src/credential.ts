import { isApiKey } from './api-keys/api-key.js';

/** What a request shows to say who is calling. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'api-key'; readonly key: string }
  | { readonly kind: 'jwt'; readonly token: string; readonly inQuery?: true };

const NONE: Credential = { kind: 'none' };
const MALFORMED: Credential = { kind: 'malformed' };

/** RFC 6750, section 2.1. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
/** RFC 7515, section 3.1. */
const COMPACT_JWS = /^[\w-]+\.[\w-]*\.[\w-]*$/;

/**
 * Finds the credential in the headers as they came (`IncomingMessage.rawHeaders`), or in the query where the route takes it from there.
 *
 * Two credentials are refused (RFC 6750, section 2): Node's parsed headers keep the first of two Authorization headers
 * and a proxy may have judged the second.
 * @param queryToken as parsed: a list where it was given twice
 */
export function credentialOf(rawHeaders: readonly string[], queryToken?: unknown): Credential {
  const inHeaders = headerCredential(rawHeaders);
  if (queryToken === undefined) return inHeaders;
  if (inHeaders !== NONE || typeof queryToken !== 'string' || !COMPACT_JWS.test(queryToken)) return MALFORMED;
  return { kind: 'jwt', token: queryToken, inQuery: true };
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

/** The lengths are compared first: this runs for every header of every request. */
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
