import type { Cancellation, CancellationListener } from './cancellation.js';

/**
 * Cancels work, at most once. An AbortController and the events of its signal cost a tool call as much as its routing does. Most calls only
 * wait in memory, so the signal is created only when it is needed.
 */
export class Canceller implements Cancellation {
  private readonly listeners: CancellationListener[] = [];
  private controller?: AbortController;
  private isAborted = false;
  private why: unknown;

  get aborted(): boolean {
    return this.isAborted;
  }

  get reason(): unknown {
    return this.why;
  }

  /** The AbortSignal for sockets and timers: the same one each time. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.isAborted) this.controller.abort(this.why);
    }
    return this.controller.signal;
  }

  /** Cancels the work. Later calls have no effect. */
  abort(reason: unknown): void {
    if (this.isAborted) return;
    this.isAborted = true;
    this.why = reason;
    for (let next = this.listeners.shift(); next; next = this.listeners.shift()) next.handleEvent();
    this.controller?.abort(reason);
  }

  /** @param listener is called at most once, and not for an earlier abort, as with an AbortSignal */
  addEventListener(_type: 'abort', listener: CancellationListener): void {
    if (!this.isAborted && !this.listeners.includes(listener)) this.listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: CancellationListener): void {
    const place = this.listeners.indexOf(listener);
    if (place >= 0) this.listeners.splice(place, 1);
  }
}
