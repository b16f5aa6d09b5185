import { RunningCalls, SILENCE_MS } from './running-calls.js';

const NOW = 1_800_000_000_000;

describe('Calls under way', () => {
  it('are so many at a time', () => {
    const calls = new RunningCalls(2);
    expect([1, 2, 3].map(() => calls.begin('alice', NOW))).toEqual([true, true, false]);
    expect(calls.begin('bob', NOW)).toBe(true);
    calls.end('alice');
    expect(calls.begin('alice', NOW)).toBe(true);
    expect(calls.begin('alice', NOW)).toBe(false);
  });

  it('count on other replicas, too, for as long as these are heard of', () => {
    const [here, there] = [new RunningCalls(3), new RunningCalls(3)];
    there.begin('alice', NOW);
    there.begin('alice', NOW);
    here.heard('there', there.report(), NOW);
    expect(here.begin('alice', NOW)).toBe(true);
    expect(here.begin('alice', NOW)).toBe(false);
    expect(here.begin('alice', NOW + SILENCE_MS + 1)).toBe(true);
    here.heard('there', {}, NOW);
    expect(here.begin('alice', NOW)).toBe(true);
  });

  it('are told where they are a tenth of the limit or more', () => {
    const calls = new RunningCalls(100);
    for (let count = 0; count < 9; count += 1) calls.begin('alice', NOW);
    expect(calls.report()).toEqual({});
    calls.begin('alice', NOW);
    expect(calls.report()).toEqual({ alice: 10 });
  });

  it('are without end, and without a word, where the limit is off', () => {
    const calls = new RunningCalls(0);
    for (let count = 0; count < 1000; count += 1) expect(calls.begin('alice', NOW)).toBe(true);
    expect(calls.report()).toEqual({});
  });

  it('are told to others as soon as they are worth it, by the limit of their own key', () => {
    const [here, there] = [new RunningCalls(1_000), new RunningCalls(1_000)];
    expect(here.begin('small', 0, 2)).toBe(true);
    expect(here.begin('large', 0)).toBe(true);
    there.heard('here', here.report(), 0);
    expect(here.report()).toEqual({ small: 1 });
    expect([there.begin('small', 0, 2), there.begin('small', 0, 2)]).toEqual([true, false]);
  });
});
