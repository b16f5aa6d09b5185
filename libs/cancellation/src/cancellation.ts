/** Told once that the work is given up. An object, so that a wait needs no closure. */
export interface CancellationListener {
  handleEvent(): void;
}

/** That work may be given up, for those who only wait: every AbortSignal is one, and a {@link Canceller} is a cheaper one. */
export interface Cancellation {
  readonly aborted: boolean;
  /** Why, once `aborted`. */
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: CancellationListener): void;
  removeEventListener(type: 'abort', listener: CancellationListener): void;
}
