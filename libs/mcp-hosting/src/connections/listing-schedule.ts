/** Time to wait after a change, so that several changes in a row cause one listing. */
const SETTLE_MS = 50;
/** Minimum time between two listings. It limits the listings of a server that announces changes all the time. */
const PAUSE_MS = 250;

/** Runs listings on request, one at a time. If a listing is requested while another one runs, it runs once more afterwards. */
export class ListingSchedule {
  private timer?: NodeJS.Timeout;
  /** `due` is the time at which the timer fires, `pausedUntil` the time before which it must not fire; both in monotonic milliseconds. */
  private due = Infinity;
  private pausedUntil = 0;
  private running?: Promise<void>;
  private again = false;
  private stopped = false;

  /** @param list must not reject */
  constructor(private readonly list: () => Promise<void>) {}

  /**
   * Requests a listing. A later request does not delay an earlier one: otherwise a server that announces changes all the
   * time would never be listed.
   * @param delay milliseconds
   */
  request(delay = SETTLE_MS): void {
    const due = Math.max(performance.now() + delay, this.pausedUntil);
    if (this.stopped || due >= this.due) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => void this.dueNow(), due - performance.now());
  }

  /** Runs a listing at once. Resolves when a listing that began after this call has ended. */
  async now(): Promise<void> {
    this.clearTimer();
    if (this.stopped) return;
    if (this.running) this.again = true;
    this.running ??= this.repeat();
    await this.running;
  }

  /** Stops all listings. Resolves when the running one has ended. */
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
