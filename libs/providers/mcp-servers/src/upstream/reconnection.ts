/** How a broken event stream is reopened, in the SDK's names; durations in milliseconds. */
export interface ReconnectionOptions {
  readonly maxReconnectionDelay: number;
  readonly initialReconnectionDelay: number;
  readonly reconnectionDelayGrowFactor: number;
  readonly maxRetries: number;
}

/** The SDK's own. */
export const DEFAULT_RECONNECTION: ReconnectionOptions = {
  maxReconnectionDelay: 30_000,
  initialReconnectionDelay: 1000,
  reconnectionDelayGrowFactor: 1.5,
  maxRetries: 2,
};

/**
 * Milliseconds before an attempt. What the server asks for counts, but it cannot make us hammer it or wait for ever.
 * @param attempt 0 for the first one
 */
export function reconnectionDelay(options: ReconnectionOptions, attempt: number, asked: number | undefined): number {
  const { maxReconnectionDelay, initialReconnectionDelay, reconnectionDelayGrowFactor } = options;
  const delay = asked ?? initialReconnectionDelay * reconnectionDelayGrowFactor ** attempt;
  return Math.max(10, Math.min(delay, maxReconnectionDelay));
}
