import type { Cancellation } from '@manifold/async';
import { WaitQueue } from './wait-queue.js';

type LockMode = 'exclusive' | 'shared';

/**
 * A lock on the only connection of a server. Exclusive calls run alone; shared calls run at the same time. Calls get the
 * lock in the order of their arrival.
 */
export class SharedExclusiveLock {
  private readonly queue = new WaitQueue<LockMode, LockMode>();
  private running = 0;
  private isExclusive = false;

  /**
   * Runs a call while it holds the lock.
   * @param end runs after an exclusive call that was cancelled. The lock is held until it resolves, but the caller does not
   *   wait for it.
   * @throws the signal's reason, if it aborts before the lock is granted; otherwise what the call throws
   */
  async run<T>(mode: LockMode, signal: Cancellation, call: () => Promise<T>, end: () => Promise<unknown>): Promise<T> {
    if (signal.aborted) throw signal.reason;
    if (!this.queue.isEmpty || this.grant(mode) === undefined) await this.queue.wait(mode, signal);
    try {
      return await call();
    } finally {
      if (mode === 'exclusive' && signal.aborted) void end().finally(() => this.release());
      else this.release();
    }
  }

  private release(): void {
    this.running -= 1;
    this.isExclusive = false;
    this.queue.serve((next) => this.grant(next));
  }

  private grant(mode: LockMode): LockMode | undefined {
    if (this.isExclusive || (mode === 'exclusive' && this.running > 0)) return undefined;
    this.running += 1;
    this.isExclusive = mode === 'exclusive';
    return mode;
  }
}
