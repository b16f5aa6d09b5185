import {
  HEADER_MISMATCH,
  INVALID_PARAMS,
  JsonRpcError,
  MISSING_CLIENT_CAPABILITY,
  RESOURCE_NOT_FOUND,
  UNSUPPORTED_PROTOCOL_VERSION,
} from '../json-rpc/json-rpc-error.js';

/** Error codes that the modern era sends with HTTP 400, even if the error comes from an upstream. */
const BAD_REQUESTS: readonly number[] = [HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_PROTOCOL_VERSION];

/** Translates a method's error to revision 2026-07-28, which has no separate code for a missing resource. */
export function modernError(error: JsonRpcError): JsonRpcError {
  const { code, message, status, data } = error;
  if (code === RESOURCE_NOT_FOUND) return new JsonRpcError(INVALID_PARAMS, message, status, { data, cause: error });
  if (BAD_REQUESTS.includes(code)) return new JsonRpcError(code, message, 400, { data, cause: error });
  return error;
}
