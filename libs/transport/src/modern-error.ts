import {
  HEADER_MISMATCH,
  INVALID_PARAMS,
  JsonRpcError,
  MISSING_CLIENT_CAPABILITY,
  RESOURCE_NOT_FOUND,
  UNSUPPORTED_PROTOCOL_VERSION,
} from './json-rpc-error.js';

/** Errors that the modern era sends with HTTP 400, also where an upstream was the one to say so. */
const BAD_REQUESTS: readonly number[] = [HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_PROTOCOL_VERSION];

/** An error of a method in the words of revision 2026-07-28, which has no code of its own for a resource that is not there. */
export function modernError(error: JsonRpcError): JsonRpcError {
  const { code, message, status, data } = error;
  if (code === RESOURCE_NOT_FOUND) return new JsonRpcError(INVALID_PARAMS, message, status, { data, cause: error });
  if (BAD_REQUESTS.includes(code)) return new JsonRpcError(code, message, 400, { data, cause: error });
  return error;
}
