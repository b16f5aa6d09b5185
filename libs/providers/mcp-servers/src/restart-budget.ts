const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** A connection that lasted this long was healthy: its end counts as the first failure. */
const HEALTHY_AFTER_MS = 60_000;
const WINDOW_MS = 60_000;
const RESTARTS_PER_WINDOW = 5;

/** When a server may be started again. Pure: the clock and the dice are handed in. Times are milliseconds. */
export class RestartBudget {
  private readonly starts: number[] = [];
  private failures = 0;
  private startedBefore = false;

  /** Time until the next start is allowed; 0 when it is allowed now. The very first start is no restart. */
  waitAt(now: number): number {
    while (this.starts.length > 0 && this.starts[0]! <= now - WINDOW_MS) this.starts.shift();
    return this.starts.length < RESTARTS_PER_WINDOW ? 0 : this.starts[0]! + WINDOW_MS - now;
  }

  started(now: number): void {
    if (this.startedBefore) this.starts.push(now);
    this.startedBefore = true;
  }

  /**
   * The server could not be started, or its connection ended.
   * @param lasted how long it was connected
   * @param dice from 0 to 1: spreads the restarts of servers that failed together
   * @returns time to wait before the restart: 0.25 s to 30 s, growing with each failure
   */
  failed(lasted: number, now: number, dice: number): number {
    this.failures = lasted >= HEALTHY_AFTER_MS ? 1 : this.failures + 1;
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.failures - 1));
    return Math.max(longest / 2 + (longest / 2) * dice, this.waitAt(now));
  }
}
