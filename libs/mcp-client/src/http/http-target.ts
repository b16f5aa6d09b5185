import { ProviderError } from '@manifold/tool-provider';
import type { HttpClient, HttpTarget } from './http-exchange.js';

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible characters, spaces and tabs. Line breaks are not allowed, because they could start another header (threat 20). */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers that the gateway sets itself. */
const RESERVED = new Set([
  'accept',
  'connection',
  'content-length',
  'content-type',
  'host',
  'last-event-id',
  'mcp-protocol-version',
  'mcp-session-id',
  'transfer-encoding',
]);

/** @throws ProviderError that names the header or the fault of the URL, never a header value */
export function httpTarget(url: string, headers: Readonly<Record<string, string>>, egress: HttpClient): HttpTarget {
  const parsed = URL.parse(url);
  if (!parsed) throw new ProviderError('upstream_unavailable', 'The URL of the server is not valid');
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) throw new ProviderError('upstream_unavailable', 'A header has an invalid name');
    if (!HEADER_VALUE.test(value))
      throw new ProviderError('upstream_unavailable', `The header ${name} has an invalid value`);
    if (RESERVED.has(name.toLowerCase())) {
      throw new ProviderError('upstream_unavailable', `The header ${name} is set by the gateway itself`);
    }
  }
  return { url: parsed, headers, egress };
}
