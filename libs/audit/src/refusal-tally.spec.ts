import { RefusalTally } from './refusal-tally.js';

const refusal = (source: string) =>
  ({ tenant: 'default', action: 'authenticate', decision: 'denied', outcome: 'refused', code: '401', source }) as const;

describe('RefusalTally', () => {
  it('makes one entry of a flood from one address', () => {
    const tally = new RefusalTally();
    expect(tally.add(refusal('10.0.0.1'), 1)).toBe(true);
    for (let time = 2; time <= 5_000; time += 1) expect(tally.add(refusal('10.0.0.1'), time)).toBe(false);
    expect(tally.take()).toEqual([{ ...refusal('10.0.0.1'), time: 5_000, count: 5_000 }]);
    expect(tally.take()).toEqual([]);
    expect(tally.add(refusal('10.0.0.1'), 5_001)).toBe(true);
  });

  it('stays small under a flood from many addresses, and loses no number', () => {
    const tally = new RefusalTally();
    for (let index = 0; index < 10_000; index += 1) tally.add(refusal(`10.0.${index >> 8}.${index & 255}`), index);
    const entries = tally.take();
    expect(entries.length).toBeLessThanOrEqual(501);
    expect(entries.reduce((sum, { count }) => sum + (count ?? 0), 0)).toBe(10_000);
  });
});
