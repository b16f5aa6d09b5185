/** Servers announce several changes in a row: they are answered by one listing. */
const SETTLE_MS = 50;

/** Runs a listing when it is asked for: one at a time, and once more when it was asked for in between. */
export class ListingSchedule {
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;
  private again = false;
  private stopped = false;

  /** @param list must not reject */
  constructor(private readonly list: () => Promise<void>) {}

  /** @param delay milliseconds */
  request(delay = SETTLE_MS): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.now(), delay);
  }

  /** Resolves when a listing that began after this call has ended. */
  async now(): Promise<void> {
    clearTimeout(this.timer);
    if (this.stopped) return;
    if (this.running) this.again = true;
    this.running ??= this.repeat();
    await this.running;
  }

  /** Resolves when no listing runs any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async repeat(): Promise<void> {
    do {
      this.again = false;
      await this.list();
    } while (this.again && !this.stopped);
    this.running = undefined;
  }
}
