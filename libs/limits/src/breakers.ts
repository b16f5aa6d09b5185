import { processLevels } from '@manifold/metrics';
import { Breaker, type Attempt, type CallOutcome } from './breaker.js';
import { LimitExceededError } from './limited.js';

const open = processLevels(
  'manifold_upstream_breakers_open',
  'Upstreams that get no calls because they failed repeatedly, by app',
  'app',
);

/** The breakers of all upstreams of this process. An upstream without failures has none. */
export class Breakers {
  private readonly breakers = new Map<string, Breaker>();

  /** @param failures consecutive failures; 0: calls are never stopped */
  constructor(private readonly failures: number) {}

  /** @throws LimitExceededError */
  attempt(upstream: string, app: string, principal: string, now: number): Attempt {
    const attempt = this.breakers.get(upstream)?.attempt(principal, now) ?? { principal, began: now, isProbe: false };
    if (typeof attempt !== 'number') return attempt;
    throw new LimitExceededError(
      'breaker',
      `Server ${app} has failed repeatedly and gets no calls for a moment`,
      Math.max(1, Math.ceil(attempt / 1000)),
    );
  }

  ended(upstream: string, app: string, attempt: Attempt, outcome: CallOutcome, now: number): void {
    let breaker = this.breakers.get(upstream);
    if (!breaker) {
      if (this.failures === 0 || (outcome !== 'unavailable' && outcome !== 'timeout')) return;
      breaker = new Breaker(this.failures);
      this.breakers.set(upstream, breaker);
    }
    const wasOpen = breaker.isOpen;
    breaker.ended(attempt, outcome, now);
    if (breaker.isOpen !== wasOpen) open.of(app).add(wasOpen ? -1 : 1);
    if (breaker.isIdle) this.breakers.delete(upstream);
  }
}
