import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const QUARTERS = 4;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of the heap that are in use after a collection. */
export async function heapUsed(): Promise<number> {
  await new Promise(setImmediate);
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/**
 * Bytes by which the heap grows with each of many repetitions, in the quarter of them in which it grows least: what they cost shows in
 * every quarter, what else this process does in some.
 */
export async function growthOfEach(repetitions: number, work: (index: number) => Promise<void>): Promise<number> {
  const growths: number[] = [];
  const size = repetitions / QUARTERS;
  for (let from = 0; from < repetitions; from += size) {
    const before = await heapUsed();
    for (let index = from; index < from + size; index += 1) await work(index);
    growths.push(((await heapUsed()) - before) / size);
  }
  return Math.min(...growths);
}
