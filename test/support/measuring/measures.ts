/*
 * Functions for measuring programs (`*.measure.ts`). figures-of.ts starts each program alone in a process with `--expose-gc`. The lint
 * rules forbid these functions in a test worker.
 */

/**
 * Number of collections. Finalizers of one collection release objects that only a later one frees; those of requests and signals need
 * several.
 */
const COLLECTIONS = 5;

/** Collects the garbage, and lets finalizers run. */
export async function collectGarbage(): Promise<void> {
  for (let round = 0; round < COLLECTIONS; round += 1) {
    globalThis.gc!();
    await new Promise(setImmediate);
  }
}

/** @returns the bytes of the heap that are in use after a collection */
export async function heapUsed(): Promise<number> {
  await collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** @returns the bytes by which the heap has grown after the work, when garbage is collected */
export async function heapGrowth(work: () => Promise<unknown> | unknown): Promise<number> {
  const before = await heapUsed();
  await work();
  return (await heapUsed()) - before;
}

/** @returns the milliseconds of CPU, user and system, that this process spends on the work: other load on the machine does not count */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Reports the figures to the spec. Call it once, at the end. */
export function report(figures: Readonly<Record<string, number>>): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
