/*
 * The functions with which measuring programs (`*.measure.ts`) measure. Each program runs alone in a process that figures-of.ts has started with
 * `--expose-gc`; the lint rules refuse it in a test worker.
 */

/** Finalizers of one collection free what only a later one finds: those of requests and signals need a few. */
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

/** @returns the milliseconds of CPU, user and system, that this process spends meanwhile: other load on the machine is not in it */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Hands the figures to the spec. Call it once, at the end. */
export function report(figures: Readonly<Record<string, number>>): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
