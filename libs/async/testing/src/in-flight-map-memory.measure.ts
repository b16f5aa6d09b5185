/*
 * `in-flight-map` or `map`: one of them in a process. V8 learns where objects live long, and then allocates those of the other one in the
 * old generation from the start.
 */
import { report } from '../../../../test/support/measuring/measures.js';
import { InFlightMap } from '../../src/in-flight-map.js';

interface Holder {
  set(key: number, value: unknown): void;
  delete(key: number): void;
}

const ROUNDS = 3;
const collect = globalThis.gc!;

/** @returns bytes that are left of many calls, 32 of them under way at a time, when only the young generation is collected */
function keptAfter(holder: Holder): number {
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

const holders: Record<string, () => Holder> = {
  'in-flight-map': () => {
    const calls = new InFlightMap<number, unknown>();
    return { set: (key, value) => calls.set(key, value), delete: (key) => calls.remove(key) };
  },
  map: () => new Map<number, unknown>(),
};

// The last of several rounds: in the first ones V8 still sizes the young generation.
let kept = 0;
for (let round = 0; round < ROUNDS; round += 1) kept = keptAfter(holders[process.argv[2]!]!());
report({ kept });
