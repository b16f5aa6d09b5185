/** A listener that is called once when the work is cancelled. It is an object, so that a wait needs no closure. */
export interface CancellationListener {
  handleEvent(): void;
}

/** A signal of cancellation for code that only waits. Every AbortSignal is one; a {@link Canceller} is a cheaper one. */
export interface Cancellation {
  readonly aborted: boolean;
  /** The reason, once `aborted` is true. */
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: CancellationListener): void;
  removeEventListener(type: 'abort', listener: CancellationListener): void;
}
