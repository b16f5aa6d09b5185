/**
 * What can go wrong between the gateway and a backend, in the words that every provider uses.
 *
 * | code | meaning | may the caller try again? |
 * |---|---|---|
 * | `not_connected` | the user has not connected this integration | after connecting |
 * | `invalid_arguments` | the arguments do not fit the tool | with other arguments |
 * | `permission_denied` | the backend refuses this user | no |
 * | `rate_limited` | too many calls | after `retryAfter` |
 * | `timeout` | no answer before the deadline | the effect is unknown |
 * | `cancelled` | the caller gave up | - |
 * | `upstream_unavailable` | the backend cannot be reached or died in mid-call | later |
 * | `upstream_rejected` | the backend answered with an error | no |
 * | `reauth_required` | the stored credentials are no longer good | after connecting again |
 */
export type ProviderErrorCode =
  | 'not_connected'
  | 'invalid_arguments'
  | 'permission_denied'
  | 'rate_limited'
  | 'timeout'
  | 'cancelled'
  | 'upstream_unavailable'
  | 'upstream_rejected'
  | 'reauth_required';

export interface ProviderErrorOptions {
  /** Seconds after which a new try makes sense. */
  readonly retryAfter?: number;
  /** What the backend said, for the log only. */
  readonly cause?: unknown;
  /** What the model reads instead of the message, where a backend's specification fixes the words. */
  readonly modelText?: string;
  /** For `not_connected` and `reauth_required`: the page on which the user connects. With it the model gets an answer to act on, not an error. */
  readonly setupUrl?: string;
  /** The JSON-RPC error of an MCP upstream, passed on as it came. */
  readonly rpcError?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** The only error that leaves a provider. Its message is shown to the model and to the user: no secret, no stack, no driver text. */
export class ProviderError extends Error {
  readonly retryAfter?: number;
  readonly modelText?: string;
  readonly setupUrl?: string;
  readonly rpcError?: ProviderErrorOptions['rpcError'];

  constructor(
    readonly code: ProviderErrorCode,
    message: string,
    options: ProviderErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ProviderError';
    this.retryAfter = options.retryAfter;
    this.modelText = options.modelText;
    this.setupUrl = options.setupUrl;
    this.rpcError = options.rpcError;
  }
}
