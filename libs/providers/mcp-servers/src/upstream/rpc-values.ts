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

/**
 * Tokens of several callers would collide on the connection that they share, and one would see the other's progress:
 * a caller's token never passes. The given one takes its place.
 */
export function withProgressToken(params: RawObject, token: number | undefined): RawObject {
  const meta = params._meta;
  if (token !== undefined) return { ...params, _meta: { ...(isObject(meta) && meta), progressToken: token } };
  if (!isObject(meta) || !('progressToken' in meta)) return params;
  const rest: Record<string, unknown> = { ...meta };
  delete rest.progressToken;
  return { ...params, _meta: rest };
}
