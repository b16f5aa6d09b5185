/** Time to wait after a change, so that several changes in a row cause one listing. */
const SETTLE_MS = 50;
/** Minimum time between two listings. It limits the listings of a server that announces changes all the time. */
const PAUSE_MS = 250;
/** Time after a listing before which a doubt about it causes no other one. */
const TRUSTED_MS = 10_000;
/** The part of the time between regular listings by which it varies, so that not all servers are listed at once. */
const JITTER = 0.2;

/** Runs listings on request and regularly, one at a time. If a listing is requested while another one runs, it runs once more afterwards. */
export class ListingSchedule {
  private timer?: NodeJS.Timeout;
  /** `due` is the time at which the timer fires, `pausedUntil` the time before which it must not fire; both in monotonic milliseconds. */
  private due = Infinity;
  private pausedUntil = 0;
  private trustedUntil = 0;
  private running?: Promise<void>;
  private again = false;
  private stopped = false;

  /**
   * @param list must not reject
   * @param regularly returns the milliseconds from a listing to the next one, if nothing requests it before. Undefined: there is none
   */
  constructor(
    private readonly list: () => Promise<void>,
    private readonly regularly: () => number | undefined = () => undefined,
  ) {}

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
    this.timer = setTimeout(() => void this.dueNow(), due - performance.now()).unref();
  }

  /** Requests a listing because of a doubt: the server does not know what it has listed, or knows more. */
  doubt(): void {
    if (performance.now() >= this.trustedUntil) this.request();
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
    const now = performance.now();
    this.pausedUntil = now + PAUSE_MS;
    this.trustedUntil = now + TRUSTED_MS;
    const next = this.regularly();
    if (next !== undefined) this.request(next * (1 - JITTER / 2 + Math.random() * JITTER));
  }

  private clearTimer(): void {
    clearTimeout(this.timer);
    this.due = Infinity;
  }
}
