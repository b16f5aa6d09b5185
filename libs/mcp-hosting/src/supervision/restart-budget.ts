const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** Time after which a connection counts as healthy. Its end then counts as the first failure. */
const HEALTHY_AFTER_MS = 60_000;
const WINDOW_MS = 60_000;
const RESTARTS_PER_WINDOW = 5;

/** Decides when a server may be started again. It is pure: the caller passes the time and the random number. Times are in milliseconds. */
export class RestartBudget {
  private readonly starts: number[] = [];
  /** The number of failures in a row. */
  failures = 0;
  private startedBefore = false;

  /** Returns the time until the next start is allowed; 0 when it is allowed now. The first start does not count as a restart. */
  waitAt(now: number): number {
    while (this.starts.length > 0 && this.starts[0]! <= now - WINDOW_MS) this.starts.shift();
    return this.starts.length < RESTARTS_PER_WINDOW ? 0 : this.starts[0]! + WINDOW_MS - now;
  }

  started(now: number): void {
    if (this.startedBefore) this.starts.push(now);
    this.startedBefore = true;
  }

  /**
   * Notes that the server could not be started, or that its connection ended.
   * @param lasted how long it was connected
   * @param dice random number from 0 to 1. It spreads the restarts of servers that failed together.
   * @returns time to wait before the restart: 0.25 s to 30 s, growing with each failure, or up to 60 s if the restarts of
   *   the last minute are used up
   */
  failed(lasted: number, now: number, dice: number): number {
    this.failures = lasted >= HEALTHY_AFTER_MS ? 1 : this.failures + 1;
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.failures - 1));
    return Math.max(longest / 2 + (longest / 2) * dice, this.waitAt(now));
  }
}
