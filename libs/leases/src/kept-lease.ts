import { StoreConflict, type Collection, type Stored } from '@manifold/store';
import { Heartbeat, type LeaseRecord } from './heartbeat.js';
import type { KeptLease } from './leases.js';

const BEATS_PER_LEASE = 5;
/** The part of a lease after which its holder no longer counts on it. The rest is for ending what depends on it, before others begin. */
const TRUSTED = 0.55;

/** Renews a lease until it is given back, or until it cannot be renewed. */
export class StoreKeptLease implements KeptLease {
  private readonly ended = new AbortController();
  private readonly heartbeat: Heartbeat;
  private readonly beats: NodeJS.Timeout;
  private distrust?: NodeJS.Timeout;

  /** @param takenAt when it was asked for, by the monotonic clock */
  constructor(
    records: Collection<LeaseRecord>,
    record: Stored<LeaseRecord>,
    private readonly keptMs: number,
    takenAt: number,
  ) {
    this.heartbeat = new Heartbeat(
      records,
      record,
      (error) => error instanceof StoreConflict && this.lose(error),
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
