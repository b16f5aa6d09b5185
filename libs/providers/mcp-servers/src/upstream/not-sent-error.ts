import { ProviderError } from '@manifold/tool-provider';

/** The connection had ended before the request was sent: the server knows nothing of it, and it may be sent on another connection. */
export class NotSentError extends ProviderError {
  constructor(message: string) {
    super('upstream_unavailable', message);
  }
}
