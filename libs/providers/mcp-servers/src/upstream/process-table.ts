import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
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
const READS_PER_TURN = 16;
/** Longer than any `stat`: a command's name has at most 64 bytes, and 51 numbers follow. */
const buffer = Buffer.alloc(2048);
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
  const stat = readProc(`/proc/${name}/stat`);
  // The command's name stands in brackets and may hold anything, brackets too.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ', RESIDENT + 1);
}

/** Half the work of `readFileSync`, which does not know that one read is enough. */
function readProc(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return buffer.toString('latin1', 0, readSync(file, buffer));
  } catch {
    return undefined; // it has ended meanwhile
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Node does not tell the size of a page, but our own memory in bytes; `stat` tells it in pages. */
function measurePageSize(): number {
  const pages = Number(statOf('self')?.[RESIDENT]);
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
}
