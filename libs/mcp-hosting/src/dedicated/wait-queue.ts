import type { Cancellation } from '@manifold/async';
import { showQueue } from '@manifold/metrics';

/** Number of calls, over all servers, that wait for a dedicated connection. */
let callsWaiting = 0;
showQueue('lanes', () => callsWaiting);

interface Waiter<Wish, Grant> {
  readonly wish: Wish;
  readonly resolve: (grant: Grant) => void;
  readonly reject: (reason: unknown) => void;
}

/** A queue of calls that wait for a scarce resource, first come first served. */
export class WaitQueue<Wish, Grant> {
  private readonly waiting: Waiter<Wish, Grant>[] = [];

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /**
   * Waits until the request is granted.
   * @throws the signal's reason. Then nothing is granted to this caller.
   */
  wait(wish: Wish, signal: Cancellation): Promise<Grant> {
    return new Promise((resolve, reject) => {
      const giveUp = {
        handleEvent: (): void => {
          over();
          this.waiting.splice(this.waiting.indexOf(waiter), 1);
          reject(signal.reason as Error);
        },
      };
      const over = (): void => {
        callsWaiting -= 1;
        signal.removeEventListener('abort', giveUp);
      };
      const waiter: Waiter<Wish, Grant> = {
        wish,
        resolve: (grant) => (over(), resolve(grant)),
        reject: (reason) => (over(), reject(reason as Error)),
      };
      signal.addEventListener('abort', giveUp);
      this.waiting.push(waiter);
      callsWaiting += 1;
    });
  }

  /** Grants the waiting requests in order, and stops at the first one that cannot be granted. */
  serve(grant: (wish: Wish) => Grant | undefined): void {
    while (this.waiting.length > 0) {
      const granted = grant(this.waiting[0]!.wish);
      if (granted === undefined) return;
      this.waiting.shift()!.resolve(granted);
    }
  }

  rejectAll(reason: unknown): void {
    for (const { reject } of this.waiting.splice(0)) reject(reason);
  }
}
