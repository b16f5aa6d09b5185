import { join } from 'node:path';
import { figuresOf } from '../../../test/support/measuring/figures-of.js';
import { InFlightMap } from './in-flight-map.js';

describe('InFlightMap', () => {
  it('holds what is under way, by its key, in the order in which it came', () => {
    const calls = new InFlightMap<number | string, string>();
    calls.set(1, 'a number');
    calls.set('1', 'a text');
    calls.set(2, 'another');

    expect([calls.size, calls.has('1'), calls.get('1'), calls.get(1)]).toEqual([3, true, 'a text', 'a number']);
    expect([...calls.keys()]).toEqual([1, '1', 2]);
    expect([...calls.values()]).toEqual(['a number', 'a text', 'another']);
  });

  it('gives each out once', () => {
    const calls = new InFlightMap<number, string>();
    calls.set(1, 'one');
    expect([calls.remove(1), calls.remove(1), calls.size, calls.has(1), calls.get(1)]).toEqual([
      'one',
      undefined,
      0,
      false,
      undefined,
    ]);
  });

  it('leaves out what is taken while somebody goes through it', () => {
    const calls = new InFlightMap<number, string>();
    for (const [key, value] of ['one', 'two', 'three'].entries()) calls.set(key, value);
    const seen: string[] = [];
    for (const value of calls.values()) {
      seen.push(value);
      calls.remove(1);
    }
    expect(seen).toEqual(['one', 'three']);
  });

  it('keeps nothing of what has ended beyond the next collection of the young generation', async () => {
    const program = join(import.meta.dirname, '../testing/src/in-flight-map-memory.measure.ts');
    const [kept, keptByMap] = await Promise.all(
      ['in-flight-map', 'map'].map(async (holder) => (await figuresOf<'kept'>(program, holder)).kept),
    );
    // Bytes of heap. A Map of V8 keeps ten times as much: a quarter of that is far from both.
    expect(kept).toBeLessThan(keptByMap! / 4);
  });
});
