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
