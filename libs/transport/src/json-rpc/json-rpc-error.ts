import { shortName } from '@manifold/async';
import type { ErrorObject } from './json-rpc.js';

/** Error codes of JSON-RPC and of MCP. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;
/** Error of the HTTP layer. The request is refused before its method runs. */
export const TRANSPORT_ERROR = -32000;
export const SESSION_NOT_FOUND = -32001;
/** Legacy era only. The modern era uses INVALID_PARAMS for a missing resource. */
export const RESOURCE_NOT_FOUND = -32002;
export const HEADER_MISMATCH = -32020;
export const MISSING_CLIENT_CAPABILITY = -32021;
export const UNSUPPORTED_PROTOCOL_VERSION = -32022;

export interface JsonRpcErrorOptions extends ErrorOptions {
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Error that the gateway sends as a JSON-RPC error. The client sees the message, so it must not contain secrets or driver messages. */
export class JsonRpcError extends Error implements ErrorObject {
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;

  /** @param status HTTP status of the response that carries the error; 200 for an error that a method returns */
  constructor(
    readonly code: number,
    message: string,
    readonly status = 200,
    options: JsonRpcErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'JsonRpcError';
    this.data = options.data;
    this.headers = options.headers;
  }
}

export const invalidRequest = (message: string): JsonRpcError => new JsonRpcError(INVALID_REQUEST, message, 400);
export const invalidParams = (message: string): JsonRpcError => new JsonRpcError(INVALID_PARAMS, message);
export const methodNotFound = (method: string, status = 200): JsonRpcError =>
  new JsonRpcError(METHOD_NOT_FOUND, `Method not found: ${shortName(method)}`, status);
/** @param code code at which the client starts a new session */
export const sessionNotFound = (code = SESSION_NOT_FOUND): JsonRpcError =>
  new JsonRpcError(code, 'Session not found', 404);

/** @param allow value of the Allow header: the methods that the path supports */
export const methodNotAllowed = (allow: string): JsonRpcError =>
  new JsonRpcError(TRANSPORT_ERROR, 'Method not allowed', 405, { headers: { allow } });
