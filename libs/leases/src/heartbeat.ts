import type { Collection, Stored } from '@manifold/store';

export type LeaseRecord = {
  /** Empty: nobody. */
  holder: string;
  /** What others learn of the holder, where it keeps the lease. */
  label?: string;
};

/** Records outlive their last use by far: clocks that differ, or jump, by hours still see the same ones. */
export const KEPT_MS = 24 * 3_600_000;

/** A lease that is held. Its writes keep their order. */
export class Heartbeat {
  private last: Promise<void> = Promise.resolve();

  /**
   * @param onFailure a failure ends nothing here: a lease that is lost, or cannot be given back, passes on by itself
   * @param onRenewed gets the time, by the monotonic clock, at which the renewal was asked for
   */
  constructor(
    private readonly records: Collection<LeaseRecord>,
    private record: Stored<LeaseRecord>,
    private readonly onFailure: (error: unknown) => void,
    private readonly onRenewed?: (askedAt: number) => void,
  ) {}

  beat(): void {
    this.last = this.last.then(() => this.write(this.record.value));
  }

  async release(): Promise<void> {
    this.last = this.last.then(() => this.write({ holder: '' }));
    await this.last;
  }

  private async write(value: LeaseRecord): Promise<void> {
    const { id, revision } = this.record;
    const askedAt = performance.now();
    try {
      this.record = await this.records.update(id, revision, value, { expiresAt: Date.now() + KEPT_MS });
      this.onRenewed?.(askedAt);
    } catch (error) {
      this.onFailure(error);
    }
  }
}
