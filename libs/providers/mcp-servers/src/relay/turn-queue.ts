import type { Cancellation } from '@manifold/cancellation';
import { showQueue } from '@manifold/metrics';

/** Calls of all servers that wait for a connection on which they can be told apart. */
let callsWaiting = 0;
showQueue('lanes', () => callsWaiting);

interface Waiter<Wish, Grant> {
  readonly wish: Wish;
  readonly resolve: (grant: Grant) => void;
  readonly reject: (reason: unknown) => void;
}

/** Those who wait for something that is scarce, in the order in which they came. */
export class TurnQueue<Wish, Grant> {
  private readonly waiting: Waiter<Wish, Grant>[] = [];

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** @throws the signal's reason; then what was wished is granted to nobody */
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

  /** Grants one wish after another, until one cannot be granted. */
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
