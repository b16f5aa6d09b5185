import { isObject } from '@manifold/async';
import type { ProviderErrorOptions } from '@manifold/tool-provider';
import type { RpcId } from './transport.js';

export const isRpcId = (value: unknown): value is RpcId => typeof value === 'string' || typeof value === 'number';

/** Returns the error member of an answer if it is a valid JSON-RPC error. */
export function asRpcError(error: unknown): ProviderErrorOptions['rpcError'] {
  if (!isObject(error) || typeof error.code !== 'number' || typeof error.message !== 'string') return undefined;
  const { code, message, data } = error;
  return data === undefined ? { code, message } : { code, message, data };
}
