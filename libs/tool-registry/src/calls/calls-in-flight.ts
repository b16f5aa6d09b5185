import { Injectable } from '@nestjs/common';

/** Counter of the running requests of all clients, over MCP and REST. A shutdown waits until it is zero. */
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

  /** @returns true if all requests ended within this many milliseconds */
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
