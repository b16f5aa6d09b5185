import { SharedPool, type PlaceHolder, type PoolRefusal, type PoolShares } from '@manifold/async';
import { ProviderError } from '@manifold/tool-provider';
import type { CallsInFlight } from '../model/calls-in-flight.js';

export interface PoolLimits {
  /** Maximum number of members that run at the same time. */
  readonly max: number;
  /** Milliseconds without a call after which a member is stopped. */
  readonly idleMs: number;
  readonly shares: PoolShares;
}

export interface PoolMember {
  readonly calls: CallsInFlight;
}

interface Place {
  readonly holder: PlaceHolder;
  /** Stops the member. */
  readonly end: () => Promise<void>;
}

/** Time, in seconds, after which a place may be free. */
const RETRY_AFTER = 5;

const REFUSALS: Readonly<Record<PoolRefusal, string>> = {
  full: 'The limit of servers for single users is reached',
  principal: 'You have as many servers of your own as one user may have',
  tenant: 'Your tenant has as many servers for single users as one tenant may have',
  address: 'The limit of servers for users at your address whose token the gateway cannot verify is reached',
  unverified: 'The limit of servers for users whose token the gateway cannot verify is reached',
};

/**
 * Limits how many servers of single users run at the same time, over all servers and tenants, and stops those that are idle. No user and
 * no tenant can take all places.
 */
export class UserServerPool {
  private readonly members = new Map<PoolMember, Place>();
  private readonly places: SharedPool;
  private timer?: NodeJS.Timeout;

  constructor(private readonly limits: PoolLimits) {
    this.places = new SharedPool(limits.max, limits.shares);
  }

  /**
   * Reserves a place for a member.
   * @param holder the user
   * @param end stops the member. It never rejects, and may be called again while it runs.
   * @returns a promise that resolves when there is room to start the member; it never rejects
   * @throws ProviderError `rate_limited` when all places that the user could get are taken by members with running calls
   */
  admit(member: PoolMember, holder: PlaceHolder, end: () => Promise<void>): Promise<void> {
    const room = this.makeRoom(holder);
    this.members.set(member, { holder, end });
    this.places.take(holder);
    this.timer ??= setInterval(() => this.endIdle(), Math.max(10, this.limits.idleMs / 4)).unref();
    return room;
  }

  leave(member: PoolMember): void {
    const place = this.members.get(member);
    if (place) this.places.release(place.holder);
    this.members.delete(member);
    if (this.members.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Evicts idle members, until the holder can get a place. A used share is not freed by members of others. */
  private makeRoom(holder: PlaceHolder): Promise<void> {
    const ends: Promise<void>[] = [];
    for (let refusal = this.places.refusal(holder); refusal; refusal = this.places.refusal(holder)) {
      ends.push(this.evict(refusal, holder));
    }
    return Promise.all(ends).then(() => undefined);
  }

  private evict(refusal: PoolRefusal, holder: PlaceHolder): Promise<void> {
    const idle = [...this.members].filter(
      ([{ calls }, place]) => calls.idleSince !== undefined && isOfShare(place.holder, refusal, holder),
    );
    if (idle.length === 0) throw new ProviderError('rate_limited', REFUSALS[refusal], { retryAfter: RETRY_AFTER });
    const [longest, { end }] = idle.reduce((a, b) => (a[0].calls.idleSince! <= b[0].calls.idleSince! ? a : b));
    this.leave(longest); // otherwise the next member would get the same place
    return end();
  }

  private endIdle(): void {
    const before = performance.now() - this.limits.idleMs;
    for (const [member, { end }] of this.members) {
      if ((member.calls.idleSince ?? Infinity) <= before) void end().then(() => this.leave(member));
    }
  }
}

/** Returns whether another holder's place counts against the share that is used up. */
function isOfShare(other: PlaceHolder, refusal: PoolRefusal, { key, tenant, source }: PlaceHolder): boolean {
  switch (refusal) {
    case 'full':
      return true;
    case 'principal':
      return other.key === key;
    case 'tenant':
      return other.source === undefined && other.tenant === tenant;
    case 'address':
      return other.source === source;
    case 'unverified':
      return other.source !== undefined;
  }
}
