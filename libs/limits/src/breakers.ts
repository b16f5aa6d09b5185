import { processLevels } from '@manifold/metrics';
import { Breaker, type Attempt, type Ending } from './breaker.js';
import { LimitReached } from './limited.js';

const open = processLevels(
  'manifold_upstream_breakers_open',
  'Upstreams that are left alone because they failed, by app',
  'app',
);

/** The breakers of all upstreams of this process; those that have not failed need none. */
export class Breakers {
  private readonly breakers = new Map<string, Breaker>();

  /** @param failures in a row; 0: nothing is ever left alone */
  constructor(private readonly failures: number) {}

  /** @throws LimitReached */
  attempt(upstream: string, app: string, principal: string, now: number): Attempt {
    const attempt = this.breakers.get(upstream)?.attempt(principal, now) ?? { principal, began: now, isProbe: false };
    if (typeof attempt !== 'number') return attempt;
    throw new LimitReached('breaker', `Server ${app} has not answered lately`, Math.max(1, Math.ceil(attempt / 1000)));
  }

  ended(upstream: string, app: string, attempt: Attempt, ending: Ending, now: number): void {
    let breaker = this.breakers.get(upstream);
    if (!breaker) {
      if (this.failures === 0 || (ending !== 'unavailable' && ending !== 'timeout')) return;
      breaker = new Breaker(this.failures);
      this.breakers.set(upstream, breaker);
    }
    const wasOpen = breaker.isOpen;
    breaker.ended(attempt, ending, now);
    if (breaker.isOpen !== wasOpen) open.of(app).add(wasOpen ? -1 : 1);
    if (breaker.isIdle) this.breakers.delete(upstream);
  }
}
