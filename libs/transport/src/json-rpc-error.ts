import type { ErrorObject } from './json-rpc.js';

/** Error codes of JSON-RPC and of MCP. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;
/** What HTTP refuses before a method is looked at. */
export const TRANSPORT_ERROR = -32000;
export const SESSION_NOT_FOUND = -32001;
/** In the legacy era; the modern one has INVALID_PARAMS for it. */
export const RESOURCE_NOT_FOUND = -32002;
export const HEADER_MISMATCH = -32020;
export const MISSING_CLIENT_CAPABILITY = -32021;
export const UNSUPPORTED_PROTOCOL_VERSION = -32022;

export interface JsonRpcErrorOptions extends ErrorOptions {
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is answered with a JSON-RPC error. The message reaches the client: no secret, no driver text. */
export class JsonRpcError extends Error implements ErrorObject {
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;

  /** @param status of the HTTP answer that carries it; 200 for what a method answers (the protocol's own channel) */
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
  new JsonRpcError(METHOD_NOT_FOUND, `Method not found: ${method}`, status);
export const sessionNotFound = (): JsonRpcError => new JsonRpcError(SESSION_NOT_FOUND, 'Session not found', 404);
/** Two answers to one id could not be told apart. */
export const repeatedId = (): JsonRpcError => invalidRequest('A request with this id is under way');

/** @param allow the methods that there are */
export const methodNotAllowed = (allow: string): JsonRpcError =>
  new JsonRpcError(TRANSPORT_ERROR, 'Method not allowed', 405, { headers: { allow } });
