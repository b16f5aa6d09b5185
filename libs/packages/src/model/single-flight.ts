import { untilAborted } from '@manifold/async';

/** Runs work with the same key once for all waiting callers. The work is aborted when no caller waits any more. */
export class SingleFlight {
  private readonly running = new Map<string, Flight>();

  /**
   * Waits for the work with this key and starts it if it is not running.
   * @param signal ends the waiting
   * @throws the error of the work; the signal's reason
   */
  async join(key: string, signal: AbortSignal, begin: (signal: AbortSignal) => Promise<void>): Promise<void> {
    signal.throwIfAborted();
    const flight = this.running.get(key) ?? this.begin(key, begin);
    flight.waiting += 1;
    try {
      await untilAborted(flight.done, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) this.giveUp(key, flight, signal.reason);
    }
  }

  private begin(key: string, begin: (signal: AbortSignal) => Promise<void>): Flight {
    const controller = new AbortController();
    const flight: Flight = { controller, done: begin(controller.signal), waiting: 0 };
    this.running.set(key, flight);
    const end = (): void => this.forget(key, flight);
    flight.done.then(end, end);
    return flight;
  }

  /** Aborts the work, so that the next caller starts it again. Without effect if it has ended. */
  private giveUp(key: string, flight: Flight, reason: unknown): void {
    this.forget(key, flight);
    flight.controller.abort(reason);
  }

  private forget(key: string, flight: Flight): void {
    if (this.running.get(key) === flight) this.running.delete(key);
  }
}

interface Flight {
  readonly controller: AbortController;
  readonly done: Promise<void>;
  waiting: number;
}
