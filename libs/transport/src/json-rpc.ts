import { within, type Text } from './spliced-text.js';

/** JSON-RPC 2.0 as MCP uses it: ids are strings or numbers, params are objects. */
export type RequestId = string | number;
export type Params = { readonly [name: string]: unknown };

export interface JsonRpcRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly params?: Params;
}

export interface JsonRpcNotification {
  readonly method: string;
  readonly params?: Params;
}

export interface JsonRpcResponse {
  readonly id: RequestId;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A message after its shape has been checked; `invalid` is everything that is no JSON-RPC message of MCP. */
export type Message =
  | { readonly kind: 'request'; readonly request: JsonRpcRequest }
  | { readonly kind: 'notification'; readonly notification: JsonRpcNotification }
  | { readonly kind: 'response'; readonly response: JsonRpcResponse }
  | { readonly kind: 'invalid' };

const INVALID: Message = { kind: 'invalid' };

export const isObject = (value: unknown): value is Params =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isRequestId = (value: unknown): value is RequestId => typeof value === 'string' || Number.isFinite(value);

/** Checks the envelope by hand: a schema library costs more than the rest of the request. */
export function readMessage(value: unknown): Message {
  if (!isObject(value) || value.jsonrpc !== '2.0') return INVALID;
  const { id, method, params } = value;
  if (typeof method === 'string') {
    if (params !== undefined && !isObject(params)) return INVALID;
    if (isRequestId(id)) return { kind: 'request', request: value as unknown as JsonRpcRequest };
    return id === undefined ? { kind: 'notification', notification: value as unknown as JsonRpcNotification } : INVALID;
  }
  const isResponse = isRequestId(id) && 'result' in value !== 'error' in value;
  return isResponse ? { kind: 'response', response: value as unknown as JsonRpcResponse } : INVALID;
}

/** The `_meta` object of a message; an empty one where it has none. */
export function metaOf(params: Params | undefined): Params {
  const meta = params?._meta;
  return isObject(meta) ? meta : {};
}

/** @param result JSON text */
export const resultMessage = (id: RequestId, result: Text): Text =>
  within(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`, result, '}');

export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** @param id null where the request is not known */
export const errorMessage = (id: RequestId | null, { code, message, data }: ErrorObject): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } });

export const requestMessage = (id: RequestId, method: string, params?: Params): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

export const notificationMessage = (method: string, params?: Params): string =>
  JSON.stringify({ jsonrpc: '2.0', method, params });
