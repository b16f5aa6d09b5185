import { ProviderError } from '@manifold/tool-provider';

/** Returns the error for a request that is forbidden or invalid. Nothing is sent. */
export const refused = (message: string): ProviderError =>
  new ProviderError('invalid_arguments', message, { modelText: JSON.stringify({ error: message }) });
