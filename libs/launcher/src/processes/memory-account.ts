import { proportionalMemory, residentMemory } from './memory-use.js';

/** A reading of proportional memory is followed by a rest of so many times its length. Growth beyond the limit ends the rest. */
const REST = 200;
const REST_AT_MOST_MS = 30_000;

/**
 * Tells how much memory the processes of one program use together. Pages that they share count once, as in the system. Reading that is slow.
 * As long as the program stays within its limit even if shared pages count for each process, it is not read.
 */
export class MemoryAccount {
  /** The last reading: the sum, and the resident memory of each process at that time. */
  private reading?: { readonly sum: number; readonly resident: ReadonlyMap<number, number>; readonly nextAt: number };

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly limit: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Returns whether the processes exceed the limit, and how many of them run. */
  check(pids: Iterable<number>): { readonly exceeded: boolean; readonly running: number } {
    const resident = new Map<number, number>();
    let sum = 0;
    for (const pid of pids) {
      const bytes = residentMemory(pid);
      if (bytes === undefined) continue;
      resident.set(pid, bytes);
      sum += bytes;
    }
    return { exceeded: sum > this.limit && this.exceedsInProportion(resident), running: resident.size };
  }

  private exceedsInProportion(resident: ReadonlyMap<number, number>): boolean {
    if (this.reading && this.atMost(resident) <= this.limit && this.now() < this.reading.nextAt) return false;
    const start = this.now();
    let sum = 0;
    for (const pid of resident.keys()) sum += proportionalMemory(pid);
    const end = this.now();
    this.reading = { sum, resident, nextAt: end + Math.min((end - start) * REST, REST_AT_MOST_MS) };
    return sum > this.limit;
  }

  /** The last reading, and all growth since then. Processes that write to pages which they share use more without growing. */
  private atMost(resident: ReadonlyMap<number, number>): number {
    const { sum, resident: before } = this.reading!;
    let most = sum;
    for (const [pid, bytes] of resident) most += Math.max(0, bytes - (before.get(pid) ?? 0));
    return most;
  }
}
