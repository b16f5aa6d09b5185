import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { UnderWay } from './under-way.js';

describe('UnderWay', () => {
  it('holds what is under way, by its key, in the order in which it came', () => {
    const calls = new UnderWay<number | string, string>();
    calls.set(1, 'a number');
    calls.set('1', 'a text');
    calls.set(2, 'another');

    expect([calls.size, calls.has('1'), calls.get('1'), calls.get(1)]).toEqual([3, true, 'a text', 'a number']);
    expect([...calls.keys()]).toEqual([1, '1', 2]);
    expect([...calls.values()]).toEqual(['a number', 'a text', 'another']);
  });

  it('gives each out once', () => {
    const calls = new UnderWay<number, string>();
    calls.set(1, 'one');
    expect([calls.take(1), calls.take(1), calls.size, calls.has(1), calls.get(1)]).toEqual([
      'one',
      undefined,
      0,
      false,
      undefined,
    ]);
  });

  it('leaves out what is taken while somebody goes through it', () => {
    const calls = new UnderWay<number, string>();
    for (const [key, value] of ['one', 'two', 'three'].entries()) calls.set(key, value);
    const seen: string[] = [];
    for (const value of calls.values()) {
      seen.push(value);
      calls.take(1);
    }
    expect(seen).toEqual(['one', 'three']);
  });

  it('keeps nothing of what has ended beyond the next collection of the young generation', () => {
    const calls = new UnderWay<number, unknown>();
    const kept = keptAfter({ set: (key, value) => calls.set(key, value), delete: (key) => calls.take(key) });
    const map = new Map<number, unknown>();
    const keptByMap = keptAfter({ set: (key, value) => map.set(key, value), delete: (key) => map.delete(key) });

    expect(kept).toBeLessThan(keptByMap / 4);
  });
});

interface Holder {
  set(key: number, value: unknown): void;
  delete(key: number): void;
}

/** @returns bytes that are left of many calls, 32 of them under way at a time, when only the young generation is collected */
function keptAfter(holder: Holder): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let number = 0; number < 20_000; number += 1) {
    holder.set(
      number,
      Array.from({ length: 20 }, (_, part) => ({ part, of: number })),
    );
    holder.delete(number - 32);
    if (number % 500 === 0) collect({ type: 'minor' });
  }
  collect({ type: 'minor' });
  return process.memoryUsage().heapUsed - before;
}
