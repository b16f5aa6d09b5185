import { ProviderError } from '@manifold/tool-provider';

/** A request that the agent must not make, or that makes no sense. Nothing is sent. */
export const refused = (message: string): ProviderError =>
  new ProviderError('invalid_arguments', message, { modelText: JSON.stringify({ error: message }) });
