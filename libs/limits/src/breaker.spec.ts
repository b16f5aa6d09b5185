import { Breaker, type Attempt, type CallOutcome } from './breaker.js';

/** A breaker of three failures, and a clock that the test sets. */
class Trial {
  now = 10_000;
  readonly breaker = new Breaker(3);

  begin(principal = 'alice'): Attempt {
    const attempt = this.breaker.attempt(principal, this.now);
    if (typeof attempt === 'number') throw new Error('refused');
    return attempt;
  }

  call(outcome: CallOutcome, principal = 'alice'): void {
    const attempt = this.begin(principal);
    this.now += 10;
    this.breaker.ended(attempt, outcome, this.now);
  }

  fail(...principals: string[]): void {
    for (const principal of principals) this.call('unavailable', principal);
  }
}

describe('A breaker', () => {
  let trial: Trial;
  beforeEach(() => (trial = new Trial()));

  it('opens after so many failures in a row, for everybody', () => {
    trial.fail('alice', 'bob');
    expect(trial.breaker.isOpen).toBe(false);
    trial.fail('alice');
    expect(trial.breaker.attempt('carol', trial.now)).toBe(1_000);
    trial.now += 400;
    expect(trial.breaker.attempt('alice', trial.now)).toBe(600);
  });

  it('counts anew when a call was answered in between', () => {
    trial.fail('alice', 'bob');
    trial.call('answered');
    trial.fail('alice', 'bob');
    expect(trial.breaker.isOpen).toBe(false);
  });

  it('is not moved by calls that say nothing of the upstream', () => {
    trial.fail('alice', 'bob');
    trial.call('unknown');
    expect(trial.breaker.isOpen).toBe(false);
    trial.fail('bob');
    expect(trial.breaker.isOpen).toBe(true);
  });

  it('does not add up failures that are more than a minute apart', () => {
    trial.fail('alice', 'bob');
    trial.now += 60_001;
    trial.fail('alice');
    expect(trial.breaker.isOpen).toBe(false);
  });

  it('counts calls that a crash broke together as one failure, and time-outs each', () => {
    const together = Array.from({ length: 5 }, () => trial.begin());
    for (const attempt of together) trial.breaker.ended(attempt, 'unavailable', (trial.now += 1));
    expect(trial.breaker.isOpen).toBe(false);
    const late = Array.from({ length: 2 }, () => trial.begin('bob'));
    for (const attempt of late) trial.breaker.ended(attempt, 'timeout', trial.now + 100);
    expect(trial.breaker.isOpen).toBe(true);
  });

  it('lets one call through after the pause, and closes when that is answered', () => {
    trial.fail('alice', 'bob', 'bob');
    trial.now += 1_000;
    const probe = trial.begin();
    expect(trial.breaker.attempt('bob', trial.now)).toEqual(expect.any(Number));
    trial.breaker.ended(probe, 'answered', trial.now);
    expect(trial.breaker.isOpen).toBe(false);
    expect(trial.breaker.isIdle).toBe(true);
  });

  it('pauses for longer each time that the probe fails, but never for long', () => {
    trial.fail('alice', 'bob', 'bob');
    const pauses: unknown[] = [];
    for (let round = 0; round < 5; round += 1) {
      const pause = trial.breaker.attempt('alice', trial.now) as number;
      pauses.push(pause);
      trial.now += pause;
      trial.call('unavailable');
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  it('lets the next call through when the probe was cancelled', () => {
    trial.fail('alice', 'bob', 'bob');
    trial.now += 1_000;
    trial.call('unknown');
    expect(trial.breaker.attempt('bob', trial.now)).toMatchObject({ isProbe: true });
  });

  it('does not let one principal take an upstream away from the others', () => {
    trial.fail('mallory', 'mallory', 'mallory');
    expect(trial.breaker.attempt('mallory', trial.now)).toBe(1_000);
    trial.call('answered', 'alice');
    expect(trial.breaker.attempt('mallory', trial.now)).toEqual(expect.any(Number));
    trial.fail('alice');
    expect(trial.breaker.attempt('bob', trial.now)).toEqual(expect.any(Number));
  });
});
