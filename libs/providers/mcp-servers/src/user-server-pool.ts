import { ProviderError } from '@manifold/tool-provider';
import type { CallsInFlight } from './calls-in-flight.js';

export interface PoolLimits {
  /** How many may run at a time. */
  readonly max: number;
  /** Milliseconds without a call after which one is ended. */
  readonly idleMs: number;
}

export interface PoolMember {
  readonly calls: CallsInFlight;
}

/** How soon a place may be free, in seconds. */
const RETRY_AFTER = 5;

/** Bounds how many servers of single users run at a time, whatever server and tenant they belong to, and ends those that are idle. */
export class UserServerPool {
  /** With what ends them. */
  private readonly members = new Map<PoolMember, () => Promise<void>>();
  private timer?: NodeJS.Timeout;

  constructor(private readonly limits: PoolLimits) {}

  /**
   * @param end ends the member; never rejects, and may be called again meanwhile
   * @returns a promise that resolves when there is room to start it; it never rejects
   * @throws ProviderError `rate_limited` when all places are taken by members that are at work
   */
  admit(member: PoolMember, end: () => Promise<void>): Promise<void> {
    const room = this.members.size < this.limits.max ? Promise.resolve() : this.evict();
    this.members.set(member, end);
    this.timer ??= setInterval(() => this.endIdle(), Math.max(10, this.limits.idleMs / 4)).unref();
    return room;
  }

  leave(member: PoolMember): void {
    this.members.delete(member);
    if (this.members.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private evict(): Promise<void> {
    const idle = [...this.members.keys()].filter(({ calls }) => calls.idleSince !== undefined);
    if (idle.length === 0) {
      const message = 'All places for servers of single users are taken';
      throw new ProviderError('rate_limited', message, { retryAfter: RETRY_AFTER });
    }
    const longest = idle.reduce((a, b) => (a.calls.idleSince! <= b.calls.idleSince! ? a : b));
    const end = this.members.get(longest)!;
    this.members.delete(longest); // or the next one would be given the same place
    return end();
  }

  private endIdle(): void {
    const before = performance.now() - this.limits.idleMs;
    for (const [member, end] of this.members) {
      if ((member.calls.idleSince ?? Infinity) <= before) void end().then(() => this.leave(member));
    }
  }
}
