import { ProviderError } from '@manifold/tool-provider';
import { NotSentError } from '../upstream/index.js';
import type { Outcome, WireError } from './sole-messages.js';

/** What comes of the work, as another replica hears of it. Never rejects. */
export async function outcomeOf<Value>(work: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: wireError(error) };
  }
}

/** @throws ProviderError as it was thrown there */
export function valueOf<Value>(outcome: Outcome<Value>): Value {
  if ('error' in outcome) throw errorOf(outcome.error);
  return outcome.value;
}

export function wireError(error: unknown): WireError {
  if (!(error instanceof ProviderError))
    return { code: 'upstream_unavailable', message: 'The server is not available', isUnsent: false };
  const { code, message, retryAfter, modelText, setupUrl, rpcError } = error;
  const isUnsent = error instanceof NotSentError;
  return { code, message, isUnsent, retryAfter, modelText, setupUrl, rpcError };
}

export const errorOf = ({ code, message, isUnsent, ...options }: WireError): ProviderError =>
  isUnsent ? new NotSentError(message) : new ProviderError(code, message, options);
