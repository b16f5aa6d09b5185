import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** One line of the system's process table. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Stays the same for everything that a session leader starts, also in process groups of their own. */
  readonly session: number;
  /** Resident memory in bytes. */
  readonly resident: number;
}

/** Files of /proc that are read in one turn of the event loop: half a millisecond. */
const READS_PER_TURN = 32;
let pageSize: number | undefined;

/** All living processes, as /proc shows them; none where there is no /proc. */
export async function readProcessTable(): Promise<ProcessEntry[]> {
  const entries: ProcessEntry[] = [];
  let reads = 0;
  for (const name of processIds()) {
    const entry = readEntry(name);
    if (entry) entries.push(entry);
    reads += 1;
    if (reads % READS_PER_TURN === 0) await nextTurn();
  }
  return entries;
}

function processIds(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** Fields of `stat` as proc(5) counts them, less the two that stand before the state. */
const [STATE, PARENT, SESSION, RESIDENT] = [0, 1, 3, 21];

function readEntry(name: string): ProcessEntry | undefined {
  const fields = statOf(name);
  if (!fields || fields[STATE] === 'Z') return undefined;
  const resident = Number(fields[RESIDENT]) * (pageSize ??= measurePageSize());
  return { pid: Number(name), parent: Number(fields[PARENT]), session: Number(fields[SESSION]), resident };
}

function statOf(name: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    // The command's name stands in brackets and may hold anything, brackets too.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // it has ended meanwhile
  }
}

/** Node does not tell the size of a page, but our own memory in bytes; `stat` tells it in pages. */
function measurePageSize(): number {
  const pages = Number(statOf('self')?.[RESIDENT]);
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
}
