import { Injectable } from '@nestjs/common';
import type { OpenCall } from '@manifold/tool-provider';
import type { RequestId } from './json-rpc.js';

/** The requests of one client that are under way, by the ids that the client gave them: `1` and `"1"` are two. */
export type OpenCalls = Map<RequestId, OpenCall>;

/** The client is gone, or its session is: nobody waits for these calls any more. */
export function cancelAll(calls: OpenCalls): void {
  for (const call of calls.values()) call.cancel();
}

/** How many requests of all clients are under way. */
@Injectable()
export class CallsInFlight {
  private count = 0;
  private readonly waiting = new Set<() => void>();

  get size(): number {
    return this.count;
  }

  started(): void {
    this.count += 1;
  }

  ended(): void {
    this.count -= 1;
    if (this.count > 0) return;
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  /** @returns whether all had ended within this many milliseconds */
  async whenNone(timeoutMs: number): Promise<boolean> {
    if (this.count === 0) return true;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(done);
        resolve(false);
      }, timeoutMs);
      this.waiting.add(done);
    });
  }
}
