import { HEADER_MISMATCH, JsonRpcError } from './json-rpc-error.js';

const ENCODED = /^=\?base64\?(.*)\?=$/;
/** Visible ASCII, space and tab: the characters that a header value may contain without encoding. */
const PLAIN = /^[\t\x20-\x7e]*$/;

/**
 * Decodes a header value. Clients send values that a header cannot contain as `=?base64?...?=`.
 * @returns undefined if the header is not plain ASCII, or if its Base64 is not canonical or does not encode UTF-8
 */
export function decodeHeader(header: string): string | undefined {
  if (!PLAIN.test(header)) return undefined;
  const base64 = ENCODED.exec(header)?.[1];
  if (base64 === undefined) return header;
  const decoded = Buffer.from(base64, 'base64').toString();
  return Buffer.from(decoded).toString('base64') === base64 ? decoded : undefined;
}

export const mismatch = (message: string): JsonRpcError =>
  new JsonRpcError(HEADER_MISMATCH, `Header mismatch: ${message}`, 400);
