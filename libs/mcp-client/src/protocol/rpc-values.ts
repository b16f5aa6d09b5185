import { isObject } from '@manifold/async';
import type { ProviderErrorOptions } from '@manifold/tool-provider';
import type { RpcId } from './transport.js';

export const isRpcId = (value: unknown): value is RpcId => typeof value === 'string' || typeof value === 'number';

/** Returns the number of a request of the gateway. Some servers repeat it as text. */
export function asOwnId(id: unknown): number | undefined {
  if (typeof id === 'number') return id;
  return typeof id === 'string' && /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}

/** Returns the error member of an answer if it is a valid JSON-RPC error. */
export function asRpcError(error: unknown): ProviderErrorOptions['rpcError'] {
  if (!isObject(error) || typeof error.code !== 'number' || typeof error.message !== 'string') return undefined;
  const { code, message, data } = error;
  return data === undefined ? { code, message } : { code, message, data };
}

const INTERNAL_ERROR = -32603;

/** Reads the error member of an answer. Some servers write a text, no code, or the code as text. */
export function readRpcError(error: unknown): ProviderErrorOptions['rpcError'] {
  if (typeof error === 'string' && error !== '') return { code: INTERNAL_ERROR, message: error };
  if (!isObject(error) || typeof error.message !== 'string') return undefined;
  const { code } = error;
  const number = typeof code === 'string' && /^-?\d{1,6}$/.test(code) ? Number(code) : code;
  return asRpcError({ ...error, code: typeof number === 'number' ? number : INTERNAL_ERROR });
}
