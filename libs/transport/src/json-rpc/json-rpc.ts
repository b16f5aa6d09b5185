import { isObject } from '@manifold/async';
import { SplicedText, type Text } from './spliced-text.js';

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

/** A message whose structure has been checked. `invalid` means that the value is not a JSON-RPC message of MCP. */
export type Message =
  | { readonly kind: 'request'; readonly request: JsonRpcRequest }
  | { readonly kind: 'notification'; readonly notification: JsonRpcNotification }
  | { readonly kind: 'response'; readonly response: JsonRpcResponse }
  | { readonly kind: 'invalid' };

const INVALID: Message = { kind: 'invalid' };

const isRequestId = (value: unknown): value is RequestId => typeof value === 'string' || Number.isFinite(value);

/**
 * Checks the JSON-RPC envelope by hand. A schema library would take longer than the rest of the request.
 *
 * `params: null` and null members of params count as absent, as several client libraries write what is not set. The id of a notification
 * may be null for the same reason. No parameter of MCP has null as a value of its own. The state and the answers of a call that goes on
 * are an exception: without them the call would begin anew, which may repeat its effect. PHP writes an empty object as an empty list, and
 * some clients write an empty cursor for the first page.
 */
export function readMessage(value: unknown): Message {
  if (!isObject(value) || value.jsonrpc !== '2.0') return INVALID;
  const { id, method, params } = value;
  if (typeof method === 'string') {
    if (params === null || isEmptyList(params)) return readMessage({ ...value, params: undefined });
    if (params !== undefined && !isObject(params)) return INVALID;
    if (params && isLoose(params)) return readMessage({ ...value, params: strictly(params) });
    if (isRequestId(id)) return { kind: 'request', request: value as unknown as JsonRpcRequest };
    const isNotification = id === undefined || (id === null && method.startsWith('notifications/'));
    return isNotification ? { kind: 'notification', notification: value as unknown as JsonRpcNotification } : INVALID;
  }
  return isRequestId(id) ? readResponse(value) : INVALID;
}

/** Several libraries write both members, and null for the one that is not set. */
function readResponse(value: Params): Message {
  if ('result' in value !== 'error' in value)
    return { kind: 'response', response: value as unknown as JsonRpcResponse };
  const { result, error, ...envelope } = value;
  if ((result ?? null) === null) return (error ?? null) === null ? INVALID : readResponse({ ...envelope, error });
  return error === null ? readResponse({ ...envelope, result }) : INVALID;
}

/** Parameters of the modern era that are refused if they are null. */
const NEVER_NULL: readonly string[] = ['requestState', 'inputResponses'];

/** Parameters that are objects. */
const OBJECTS: readonly string[] = ['arguments', 'capabilities', '_meta'];

/** Tells whether params have a member that `strictly` changes. */
function isLoose(params: Params): boolean {
  for (const name in params) {
    const value = params[name];
    if (value === null ? !NEVER_NULL.includes(name) : value === '' ? name === 'cursor' : isLooseList(name, value))
      return true;
  }
  return false;
}

const isLooseList = (name: string, value: unknown): boolean => isEmptyList(value) && OBJECTS.includes(name);
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** Returns params without null members and an empty cursor, and with objects for empty lists. */
const strictly = (params: Params): Params =>
  Object.fromEntries(
    Object.entries(withoutNulls(params))
      .filter(([name, value]) => name !== 'cursor' || value !== '')
      .map(([name, value]) => [name, isLooseList(name, value) ? {} : value]),
  );

/** Returns an object without its members that are null. Members of members stay. */
export const withoutNulls = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).filter(([name, value]) => value !== null || NEVER_NULL.includes(name)));

/** Returns the `_meta` object of a message, or an empty object if it has none. */
export function metaOf(params: Params | undefined): Params {
  const meta = params?._meta;
  return isObject(meta) ? meta : {};
}

/** @param result JSON text */
export function resultMessage(id: RequestId, result: Text): Text {
  const before = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
  if (typeof result === 'string') return `${before}${result}}`;
  return new SplicedText(before + result.before, result.shared, `${result.after}}`);
}

export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** @param id null if the error belongs to no known request */
export const errorMessage = (id: RequestId | null, { code, message, data }: ErrorObject): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } });

export const requestMessage = (id: RequestId, method: string, params?: Params): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

export const notificationMessage = (method: string, params?: Params): string =>
  JSON.stringify({ jsonrpc: '2.0', method, params });
