import { setTimeout as delay } from 'node:timers/promises';

/** Calls that were looked up before the server was replaced may still come this late. */
export const LATE_CALLS_MS = 1_000;
/** What a call in flight gets on top of that before its server is stopped. */
const LAST_CALLS_MS = 59_000;

/** Counts calls, for whoever has to wait until there are none. */
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

  /** Monotonic milliseconds of the end of the last call; undefined while there are calls. */
  get idleSince(): number | undefined {
    return this.count === 0 ? this.lastEnd : undefined;
  }

  /** Resolves when late calls have come and no call is in flight, after a minute at most, or when the signal aborts. */
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
