import { TimeOrderedIds } from './time-ordered-ids.js';

const NOW = 1_790_000_000_000;

describe('TimeOrderedIds', () => {
  it('mints UUIDs of version 7 that carry the time', () => {
    const id = new TimeOrderedIds().next(NOW);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(NOW);
  });

  it('mints them in ascending order, thousands in one millisecond and while the clock goes back', () => {
    const ids = new TimeOrderedIds();
    const minted = Array.from({ length: 20_000 }, (_, index) => ids.next(NOW - (index % 3)));
    minted.push(ids.next(NOW - 5000), ids.next(NOW + 60_000));
    expect(minted).toEqual([...minted].sort());
    expect(new Set(minted).size).toBe(minted.length);
  });
});
