import { closeSync, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** One line of the system's process table. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** The session id. It is the same for all descendants of a session leader, also in other process groups. */
  readonly session: number;
  /** When it was started, in ticks since the system was. Together with the pid it names one process only. */
  readonly started: number;
}

/** Number of /proc files that are read in one turn of the event loop, which takes half a millisecond. */
const READS_PER_TURN = 16;
/** Longer than any `stat`, and than almost any environment. */
const buffer = Buffer.alloc(128 * 1024);

/** Returns the ids of all running processes, or none if there is no /proc. */
export function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Returns all running processes from /proc, or none if there is no /proc. */
export async function readProcessTable(): Promise<ProcessEntry[]> {
  const entries: ProcessEntry[] = [];
  await inTurns(processIds(), (pid) => {
    const entry = readProcess(pid);
    if (entry) entries.push(entry);
  });
  return entries;
}

/**
 * Does some reading of /proc for each item, and lets other work happen in between.
 * @returns the milliseconds that the reading took, without the other work
 */
export async function inTurns<T>(items: Iterable<T>, read: (item: T) => void): Promise<number> {
  let reads = 0;
  let spent = 0;
  let begin = performance.now();
  for (const item of items) {
    read(item);
    reads += 1;
    if (reads % READS_PER_TURN !== 0) continue;
    spent += performance.now() - begin;
    await nextTurn();
    begin = performance.now();
  }
  return spent + performance.now() - begin;
}

/** Field positions of `stat` as in proc(5), without the two fields before the state. */
const [STATE, PARENT, SESSION, STARTED] = [0, 1, 3, 19];

/** Returns undefined if the process does not run. A process that has ended and was not waited for does not run. */
export function readProcess(pid: number | 'self'): ProcessEntry | undefined {
  const stat = readProc(pid, 'stat');
  if (stat === undefined) return undefined;
  // The command name is in parentheses and may contain any character, including parentheses.
  const name = stat.lastIndexOf(')');
  const fields = stat.slice(name + 2).split(' ', STARTED + 1);
  if (fields[STATE] === 'Z') return undefined;
  const [parent, session, started] = [Number(fields[PARENT]), Number(fields[SESSION]), Number(fields[STARTED])];
  return { pid: Number.parseInt(stat), parent, session, started };
}

/** Returns the effective user id of a process. Undefined: it has ended. */
export function userOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}

/** Returns the user ids under which processes run. */
export function usersOfProcesses(): ReadonlySet<number> {
  return new Set(processIds().flatMap((pid) => userOf(pid) ?? []));
}

/**
 * Returns the processes that can become the parent of a descendant of this process whose own parent ends: process 1, and those above this
 * process.
 */
export function adoptiveParents(): ReadonlySet<number> {
  const line = new Set<number>([1]);
  for (let at = readProcess(process.ppid); at && !line.has(at.pid); at = readProcess(at.parent)) line.add(at.pid);
  return line;
}

/** Returns what the system calls this run of itself and its process namespace: process ids mean something within both only. */
export function processSpace(): string {
  try {
    return `${readFile('/proc/sys/kernel/random/boot_id')?.trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

/** Reads a file of a process. Undefined: the process has ended, or this process may not read it. */
export const readProc = (pid: number | 'self', file: string): string | undefined => readFile(`/proc/${pid}/${file}`);

/** Reads a file in one read, at half the cost of `readFileSync`, which reads until the end. */
function readFile(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return buffer.toString('latin1', 0, readSync(file, buffer));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
