import { untilAborted } from '@manifold/cancellation';

/** Work that several wait for and that is done once. It is given up when nobody waits any more. */
export class SharedWork {
  private readonly running = new Map<string, Shared>();

  /**
   * Waits for the work of this key, which is begun unless it is under way.
   * @param signal ends the waiting
   * @throws what the work throws; the signal's reason
   */
  async join(key: string, signal: AbortSignal, begin: (signal: AbortSignal) => Promise<void>): Promise<void> {
    signal.throwIfAborted();
    const shared = this.running.get(key) ?? this.begin(key, begin);
    shared.waiting += 1;
    try {
      await untilAborted(shared.done, signal);
    } finally {
      shared.waiting -= 1;
      if (shared.waiting === 0) this.giveUp(key, shared, signal.reason);
    }
  }

  private begin(key: string, begin: (signal: AbortSignal) => Promise<void>): Shared {
    const controller = new AbortController();
    const shared: Shared = { controller, done: begin(controller.signal), waiting: 0 };
    this.running.set(key, shared);
    const end = (): void => this.forget(key, shared);
    shared.done.then(end, end);
    return shared;
  }

  /** Whoever comes from now on begins anew. Without effect on what has ended. */
  private giveUp(key: string, shared: Shared, reason: unknown): void {
    this.forget(key, shared);
    shared.controller.abort(reason);
  }

  private forget(key: string, shared: Shared): void {
    if (this.running.get(key) === shared) this.running.delete(key);
  }
}

interface Shared {
  readonly controller: AbortController;
  readonly done: Promise<void>;
  waiting: number;
}
