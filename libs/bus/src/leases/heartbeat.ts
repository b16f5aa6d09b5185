import type { Collection, Stored } from '@manifold/store';

export type LeaseRecord = {
  /** The id of the holder; empty when the lease is free. */
  holder: string;
  /** The text that describes the holder to other processes, if the lease is kept (`Leases.candidacy`). */
  label?: string;
};

/** Lifetime of a record after its last use. It is long, so that clocks that differ or jump by hours still see the same records. */
export const KEPT_MS = 24 * 3_600_000;

/** A lease that is held. Its writes are executed in order. */
export class Heartbeat {
  private last: Promise<void> = Promise.resolve();

  /**
   * @param onFailure is told of a failed write, which does not end the heartbeat. A lease that is lost, or cannot be released, expires by
   * itself.
   * @param onRenewed gets the time, by the monotonic clock, at which the renewal was requested
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
