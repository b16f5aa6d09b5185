import type { ProviderErrorOptions } from '@manifold/tool-provider';
import type { RpcId } from './pipe.js';
import type { RawObject } from './upstream-connection.js';

export const isObject = (value: unknown): value is RawObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isRpcId = (value: unknown): value is RpcId => typeof value === 'string' || typeof value === 'number';

/** The error member of an answer, if it is one. */
export function asRpcError(error: unknown): ProviderErrorOptions['rpcError'] {
  if (!isObject(error) || typeof error.code !== 'number' || typeof error.message !== 'string') return undefined;
  const { code, message, data } = error;
  return data === undefined ? { code, message } : { code, message, data };
}
