/**
 * The reason why an outgoing request failed.
 *
 * | code | meaning | did the request reach the server? |
 * |---|---|---|
 * | `unsupported_url` | not http or https, or credentials in the URL | no |
 * | `address_forbidden` | the host is, or resolves to, an address that may not be dialled | no |
 * | `connect_failed` | no connection | no |
 * | `connection_lost` | the connection broke before the answer was complete | perhaps |
 * | `timeout` | no connection, no headers or no progress in time | perhaps |
 * | `redirect_forbidden` | a redirect to another origin, or too many | yes |
 * | `too_large` | the answer is over the limit | yes |
 */
export type EgressErrorCode =
  | 'unsupported_url'
  | 'address_forbidden'
  | 'connect_failed'
  | 'connection_lost'
  | 'timeout'
  | 'redirect_forbidden'
  | 'too_large';

/** Error: an outgoing request was refused or has failed. The message contains the host at most: no path, no query, no header. */
export class EgressError extends Error {
  constructor(
    readonly code: EgressErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'EgressError';
  }
}
