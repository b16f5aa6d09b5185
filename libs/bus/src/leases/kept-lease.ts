import { StoreConflictError, type Collection, type Stored } from '@manifold/store';
import { Heartbeat, type LeaseRecord } from './heartbeat.js';
import type { KeptLease } from './leases.js';

const BEATS_PER_LEASE = 5;
/**
 * The part of the lease time for which a holder relies on its last renewal. The rest is for stopping the work that depends on the lease,
 * before another process takes it.
 */
const TRUSTED = 0.55;

/** Renews a lease until it is released or cannot be renewed. */
export class StoreKeptLease implements KeptLease {
  private readonly ended = new AbortController();
  private readonly heartbeat: Heartbeat;
  private readonly beats: NodeJS.Timeout;
  private distrust?: NodeJS.Timeout;

  /** @param takenAt the time, by the monotonic clock, at which the lease was requested */
  constructor(
    records: Collection<LeaseRecord>,
    record: Stored<LeaseRecord>,
    private readonly keptMs: number,
    takenAt: number,
  ) {
    this.heartbeat = new Heartbeat(
      records,
      record,
      (error) => error instanceof StoreConflictError && this.lose(error),
      (askedAt) => this.trustFrom(askedAt),
    );
    this.beats = setInterval(() => this.heartbeat.beat(), keptMs / BEATS_PER_LEASE).unref();
    this.trustFrom(takenAt);
  }

  get lost(): AbortSignal {
    return this.ended.signal;
  }

  async release(): Promise<void> {
    this.stop();
    if (!this.ended.signal.aborted) await this.heartbeat.release();
    clearTimeout(this.distrust);
  }

  private trustFrom(askedAt: number): void {
    clearTimeout(this.distrust);
    const left = Math.max(0, askedAt + this.keptMs * TRUSTED - performance.now());
    this.distrust = setTimeout(() => this.lose(new Error('The lease could not be renewed in time')), left).unref();
  }

  private lose(reason: Error): void {
    this.stop();
    this.ended.abort(reason);
  }

  private stop(): void {
    clearInterval(this.beats);
    clearTimeout(this.distrust);
  }
}
