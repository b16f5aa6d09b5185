import { ProviderError } from '@manifold/tool-provider';
import type { HttpClient, HttpTarget } from './http-exchange.js';

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible characters, spaces and tabs: no line break that would start another header (threat 20). */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers that belong to the connection. */
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

/** @throws ProviderError that names the header or the fault of the URL, never a value */
export function httpTarget(url: string, headers: Readonly<Record<string, string>>, egress: HttpClient): HttpTarget {
  const parsed = URL.parse(url);
  if (!parsed) throw new ProviderError('upstream_unavailable', 'The URL of the server is no URL');
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) throw new ProviderError('upstream_unavailable', 'A header has no valid name');
    if (!HEADER_VALUE.test(value))
      throw new ProviderError('upstream_unavailable', `The header ${name} has no valid value`);
    if (RESERVED.has(name.toLowerCase())) {
      throw new ProviderError('upstream_unavailable', `The header ${name} is set by the gateway itself`);
    }
  }
  return { url: parsed, headers, egress };
}
