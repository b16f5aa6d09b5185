import { ProviderError, type CallContext } from '@manifold/tool-provider';

/**
 * Does a part of a call for which there is less time than for the whole.
 * @param milliseconds after which the part, and it alone, is aborted with `timeout`
 */
export async function withTimeLimit<T>(
  context: CallContext,
  milliseconds: number,
  part: (limited: CallContext) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const expire = (): void => limit.abort(new ProviderError('timeout', `No answer within ${milliseconds} ms`));
  const timer = setTimeout(expire, milliseconds);
  try {
    const signal = AbortSignal.any([context.signal, limit.signal]);
    return await part({ ...context, signal, cancellation: signal });
  } finally {
    clearTimeout(timer);
  }
}
