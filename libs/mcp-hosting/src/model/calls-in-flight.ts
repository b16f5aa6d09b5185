import { setTimeout as delay } from 'node:timers/promises';

/** Time for which calls may still arrive that were assigned to the server before it was replaced. */
export const LATE_CALLS_MS = 1_000;
/** Additional time for running calls before their server is stopped. */
const LAST_CALLS_MS = 59_000;

/** Counts running calls and resolves `over` when none are left. */
export class CallsInFlight {
  private count = 0;
  private lastEnd = performance.now();
  private waiting: (() => void)[] = [];

  begin(): void {
    this.count += 1;
  }

  end(): void {
    this.count -= 1;
    if (this.count > 0) return;
    this.lastEnd = performance.now();
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** The end of the last call in monotonic milliseconds; undefined while calls are running. */
  get idleSince(): number | undefined {
    return this.count === 0 ? this.lastEnd : undefined;
  }

  /** Resolves when late calls have arrived and no call is running, after at most a minute, or when the signal aborts. */
  async over(signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const until = AbortSignal.any([signal, enough.signal]);
    try {
      await delay(LATE_CALLS_MS, undefined, { signal: until });
      await Promise.race([this.idle(), delay(LAST_CALLS_MS, undefined, { signal: until })]);
    } catch {
      // the signal has aborted
    } finally {
      enough.abort();
    }
  }

  private async idle(): Promise<void> {
    if (this.count > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
