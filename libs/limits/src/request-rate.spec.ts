import { RequestRate, type SharedWindow } from './request-rate.js';

const START = 1_800_000_000_000;

/** Stands for the counters in Redis: one window for all keys, sixty seconds from its first point. */
class Ledger {
  taken = 0;
  isAway = false;
  readonly told: number[] = [];

  readonly tell = (_key: string, points: number): Promise<SharedWindow> => {
    if (this.isAway) return Promise.reject(new Error('gone'));
    this.told.push(points);
    this.taken += points;
    return Promise.resolve({ taken: this.taken, msLeft: 60_000 });
  };
}

const take = (rate: RequestRate, times: number, now = START): number =>
  Array.from({ length: times }, () => rate.take('alice', now)).filter((wait) => wait === undefined).length;

describe('A rate', () => {
  it('lets so many through in a minute, says how long to wait, and begins anew', () => {
    const rate = new RequestRate(3);
    expect(take(rate, 5)).toBe(3);
    expect(rate.take('alice', START + 20_500)).toBe(40);
    expect(rate.take('alice', START + 59_999)).toBe(1);
    expect(rate.take('bob', START)).toBeUndefined();
    expect(take(rate, 5, START + 60_000)).toBe(3);
  });

  it('has no end where it is off', () => {
    expect(take(new RequestRate(0), 1000)).toBe(1000);
  });

  it('is one for all replicas that tell each other', async () => {
    const ledger = new Ledger();
    const [one, other] = [new RequestRate(10, ledger.tell), new RequestRate(10, ledger.tell)];
    for (let round = 0; round < 10; round += 1) {
      take(one, 1);
      await one.flush(START);
      take(other, 1);
      await other.flush(START);
    }
    expect(ledger.taken).toBeLessThanOrEqual(11); // what the other took last is told with the next
    expect(one.take('alice', START)).toBe(60);
    expect(other.take('alice', START)).toBe(60);
  });

  it('tells at once when a twentieth of the limit has been taken, and everything once', async () => {
    const ledger = new Ledger();
    const rate = new RequestRate(100, ledger.tell);
    take(rate, 4);
    expect(ledger.told).toEqual([]);
    take(rate, 1);
    expect(ledger.told).toEqual([5]);
    take(rate, 2); // while it is being told
    await rate.flush(START);
    await rate.flush(START);
    expect(ledger.told).toEqual([5, 2]);
  });

  it('goes on alone while the others cannot be reached, and tells them later', async () => {
    const ledger = new Ledger();
    ledger.isAway = true;
    const rate = new RequestRate(5, ledger.tell);
    expect(take(rate, 3)).toBe(3);
    await rate.flush(START);
    expect(take(rate, 5)).toBe(2);
    ledger.isAway = false;
    await rate.flush(START);
    await rate.flush(START);
    expect(ledger.taken).toBe(5);
  });

  it('remembers a bounded number of keys', () => {
    const rate = new RequestRate(1);
    take(rate, 1);
    for (let index = 0; index < 60_000; index += 1) rate.take(String(index), START);
    expect(rate.take('alice', START)).toBeUndefined();
  });
});
