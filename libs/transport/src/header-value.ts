import { HEADER_MISMATCH, JsonRpcError } from './json-rpc-error.js';

const ENCODED = /^=\?base64\?(.*)\?=$/;
/** Visible ASCII, space and tab: what a header may hold as it is. */
const PLAIN = /^[\t\x20-\x7e]*$/;

/** Values that a header cannot hold come as `=?base64?...?=`. @returns undefined for what is not canonical Base64 of UTF-8, or not ASCII */
export function decodeHeader(header: string): string | undefined {
  if (!PLAIN.test(header)) return undefined;
  const base64 = ENCODED.exec(header)?.[1];
  if (base64 === undefined) return header;
  const decoded = Buffer.from(base64, 'base64').toString();
  return Buffer.from(decoded).toString('base64') === base64 ? decoded : undefined;
}

export const mismatch = (message: string): JsonRpcError =>
  new JsonRpcError(HEADER_MISMATCH, `Header mismatch: ${message}`, 400);
