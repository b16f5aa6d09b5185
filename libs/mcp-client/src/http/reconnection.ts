/** Settings for reopening a broken event stream, under the names of the SDK; durations in milliseconds. */
export interface ReconnectionOptions {
  readonly maxReconnectionDelay: number;
  readonly initialReconnectionDelay: number;
  readonly reconnectionDelayGrowFactor: number;
  readonly maxRetries: number;
}

/** The defaults of the SDK. */
export const DEFAULT_RECONNECTION: ReconnectionOptions = {
  maxReconnectionDelay: 30_000,
  initialReconnectionDelay: 1000,
  reconnectionDelayGrowFactor: 1.5,
  maxRetries: 2,
};

/**
 * Returns the milliseconds to wait before an attempt. The delay that the server asks for is used, limited to at least 10 ms
 * and at most `maxReconnectionDelay`.
 * @param attempt 0 for the first one
 */
export function reconnectionDelay(options: ReconnectionOptions, attempt: number, asked: number | undefined): number {
  const { maxReconnectionDelay, initialReconnectionDelay, reconnectionDelayGrowFactor } = options;
  const delay = asked ?? initialReconnectionDelay * reconnectionDelayGrowFactor ** attempt;
  return Math.max(10, Math.min(delay, maxReconnectionDelay));
}
