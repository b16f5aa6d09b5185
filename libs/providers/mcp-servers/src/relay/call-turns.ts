import type { Cancellation } from '@manifold/cancellation';
import { TurnQueue } from './turn-queue.js';

type Turn = 'alone' | 'together';

/** The calls of a server that has one connection only: those that must be alone on it, and the others, in the order in which they came. */
export class CallTurns {
  private readonly queue = new TurnQueue<Turn, Turn>();
  private running = 0;
  private isAlone = false;

  /**
   * @param end follows a call that was alone and was given up: the turn lasts until it resolves, but its caller does not wait
   * @throws the signal's reason, if it aborts before the turn has come; else what the call throws
   */
  async run<T>(turn: Turn, signal: Cancellation, call: () => Promise<T>, end: () => Promise<unknown>): Promise<T> {
    if (signal.aborted) throw signal.reason;
    if (!this.queue.isEmpty || this.grant(turn) === undefined) await this.queue.wait(turn, signal);
    try {
      return await call();
    } finally {
      if (turn === 'alone' && signal.aborted) void end().finally(() => this.release());
      else this.release();
    }
  }

  private release(): void {
    this.running -= 1;
    this.isAlone = false;
    this.queue.serve((next) => this.grant(next));
  }

  private grant(turn: Turn): Turn | undefined {
    if (this.isAlone || (turn === 'alone' && this.running > 0)) return undefined;
    this.running += 1;
    this.isAlone = turn === 'alone';
    return turn;
  }
}
