import { ProviderError } from '@manifold/tool-provider';

/**
 * Thrown if the connection had ended before the request was sent. The server has not received it, so it may be sent on
 * another connection.
 */
export class NotSentError extends ProviderError {
  constructor(message: string) {
    super('upstream_unavailable', message);
  }
}
