/** Servers announce several changes in a row: they are answered by one listing. */
const SETTLE_MS = 50;
/** Between the end of a listing and the next one: a server that announces changes without end is listed now and then. */
const PAUSE_MS = 250;

/** Runs a listing when it is asked for: one at a time, and once more when it was asked for in between. */
export class ListingSchedule {
  private timer?: NodeJS.Timeout;
  /** When the timer runs out, and until when none does; by the monotonic clock. */
  private due = Infinity;
  private pausedUntil = 0;
  private running?: Promise<void>;
  private again = false;
  private stopped = false;

  /** @param list must not reject */
  constructor(private readonly list: () => Promise<void>) {}

  /**
   * A later request does not put off an earlier one: under a server that never falls silent nothing would be listed.
   * @param delay milliseconds
   */
  request(delay = SETTLE_MS): void {
    const due = Math.max(performance.now() + delay, this.pausedUntil);
    if (this.stopped || due >= this.due) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => void this.dueNow(), due - performance.now());
  }

  /** Resolves when a listing that began after this call has ended. */
  async now(): Promise<void> {
    this.clearTimer();
    if (this.stopped) return;
    if (this.running) this.again = true;
    this.running ??= this.repeat();
    await this.running;
  }

  /** Resolves when no listing runs any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.clearTimer();
    await this.running;
  }

  private async dueNow(): Promise<void> {
    this.clearTimer();
    await this.running;
    if (performance.now() < this.pausedUntil) this.request(0);
    else await this.now();
  }

  private async repeat(): Promise<void> {
    do {
      this.again = false;
      await this.list();
    } while (this.again && !this.stopped);
    this.running = undefined;
    this.pausedUntil = performance.now() + PAUSE_MS;
  }

  private clearTimer(): void {
    clearTimeout(this.timer);
    this.due = Infinity;
  }
}
