import { isObject } from '@manifold/async';
import type { RawObject } from '../protocol/upstream-connection.js';

/** A parameter of a tool that clients repeat in a header (2026-07-28, `x-mcp-header`). */
export interface ParamHeader {
  readonly path: readonly string[];
  readonly header: string;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const MAX_DEPTH = 32;
const PRIMITIVES: readonly unknown[] = ['string', 'integer', 'boolean'];
/** Values that a header can carry unchanged: visible ASCII with spaces and tabs inside that does not look encoded. */
const PLAIN = /^(?!=\?base64\?)[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/** Returns the headers that a call of a tool needs. Only parameters that are reached through a chain of `properties` count. */
export function paramHeadersOf(inputSchema: unknown): readonly ParamHeader[] {
  const found: ParamHeader[] = [];
  const visit = (node: unknown, path: readonly string[]): void => {
    if (!isObject(node) || path.length > MAX_DEPTH) return;
    const { 'x-mcp-header': name, type, properties } = node;
    if (typeof name === 'string' && TOKEN.test(name) && PRIMITIVES.includes(type)) {
      found.push({ path, header: `Mcp-Param-${name}` });
    }
    if (isObject(properties)) for (const key of Object.keys(properties)) visit(properties[key], [...path, key]);
  };
  visit(inputSchema, []);
  return found;
}

/** Returns the headers of one call. A parameter without a value has no header. */
export function headersFor(wanted: readonly ParamHeader[], args: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { path, header } of wanted) {
    const value = path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), args);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      headers[header] = headerValue(String(value));
    }
  }
  return headers;
}

/**
 * Returns a header value. A value that a header cannot carry is encoded as `=?base64?...?=` (2026-07-28,
 * basic/transports/streamable-http).
 */
export const headerValue = (value: string): string =>
  PLAIN.test(value) ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;

/** The methods for which the header Mcp-Name repeats a parameter, with the name of that parameter. */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/** Returns the headers that describe a request for intermediaries that route it. */
export function requestHeaders(method: string, params: RawObject): Record<string, string> {
  const field = NAMED_BY.get(method);
  const name = field === undefined ? undefined : params[field];
  return { 'Mcp-Method': method, ...(typeof name === 'string' && { 'Mcp-Name': headerValue(name) }) };
}
