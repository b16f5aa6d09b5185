import { RestartBudget } from './restart-budget.js';

describe('RestartBudget', () => {
  it('waits longer after each failure, from a quarter of a second to half a minute', () => {
    const budget = new RestartBudget();
    const shortest = Array.from({ length: 12 }, () => budget.failed(0, 0, 0));
    expect(shortest.slice(0, 4)).toEqual([250, 500, 1000, 2000]);
    expect(shortest.at(-1)).toBe(15_000);
    expect(budget.failed(0, 0, 1)).toBe(30_000);
  });

  it('spreads the restarts of servers that failed together', () => {
    const delays = [0, 0.5, 1].map((dice) => new RestartBudget().failed(0, 0, dice));
    expect(delays).toEqual([250, 375, 500]);
  });

  it('starts over with the shortest wait after a minute of health', () => {
    const budget = new RestartBudget();
    for (let failure = 0; failure < 5; failure += 1) budget.failed(0, 0, 0);
    expect(budget.failed(59_999, 0, 0)).toBe(8_000);
    expect(budget.failed(60_000, 0, 0)).toBe(250);
    expect(budget.failed(0, 0, 0)).toBe(500);
  });

  it('allows five restarts in a minute, and the next when the first of them is a minute old', () => {
    const budget = new RestartBudget();
    budget.started(0); // the first start is no restart
    for (const now of [1_000, 2_000, 3_000, 4_000, 5_000]) {
      expect(budget.waitAt(now)).toBe(0);
      budget.started(now);
    }
    expect(budget.waitAt(6_000)).toBe(55_000);
    expect(budget.failed(0, 6_000, 0)).toBe(55_000);
    expect(budget.waitAt(60_999)).toBe(1);
    expect(budget.waitAt(61_000)).toBe(0);
  });
});
