/**
 * Error codes for failures between the gateway and a backend. All providers use the same codes.
 *
 * | code | meaning | may the caller try again? |
 * |---|---|---|
 * | `not_connected` | the user has not connected this integration | after connecting |
 * | `invalid_arguments` | the arguments do not fit the tool | with other arguments |
 * | `permission_denied` | the backend refuses this user | no |
 * | `rate_limited` | too many calls | after `retryAfter` |
 * | `timeout` | no answer before the deadline | the effect is unknown |
 * | `cancelled` | the caller cancelled the call | - |
 * | `upstream_unavailable` | the backend cannot be reached or failed during the call | later |
 * | `upstream_rejected` | the backend answered with an error | no |
 * | `reauth_required` | the stored credentials are no longer valid | after connecting again |
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
  /** Seconds to wait before a retry. */
  readonly retryAfter?: number;
  /** Original error of the backend, for the log only. */
  readonly cause?: unknown;
  /** Text for the model instead of the message, if the backend's specification prescribes the text. */
  readonly modelText?: string;
  /**
   * For `not_connected` and `reauth_required`: the page on which the user connects the integration. If it is set, the model gets a
   * normal result with instructions instead of an error.
   */
  readonly setupUrl?: string;
  /** JSON-RPC error of an MCP upstream, passed on unchanged. */
  readonly rpcError?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** Number of characters of a backend's words in a message. */
const MAX_WORDS = 1000;

/**
 * The only error type that a provider may throw. The model and the user see its message, so it must contain no secret, no stack and no
 * text of a driver.
 */
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

/** Returns the message of an error for operators, with the words of the backend. They are not for logs, and not for other users. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const words = error instanceof ProviderError ? error.rpcError?.message : undefined;
  return words ? `${error.message}: ${words.slice(0, MAX_WORDS)}` : error.message;
}
