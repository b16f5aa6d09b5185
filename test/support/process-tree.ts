import { readdirSync, readFileSync } from 'node:fs';

/** Returns the living descendants of a process, children before grandchildren. Zombies do not count. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const found: number[] = [];
  for (let generation = [pid]; generation.length > 0;) {
    generation = [...parents].filter(([, parent]) => generation.includes(parent)).map(([child]) => child);
    found.push(...generation);
  }
  return found;
}

/** SIGKILL in the masks of /proc: the bit of signal 9. */
const SIGKILL = 1n << 8n;
/** PF_EXITING of Linux in the flags of a process: the process runs no more of its code and releases its resources. */
const EXITING = 0x4;

/**
 * Tells whether the process exists and is neither ending nor killed. A process with a pending SIGKILL runs no more code, however late the
 * kernel ends it.
 */
export function isAlive(pid: number): boolean {
  if (isKilled(pid)) return false;
  // Only now: a process takes the signal first and is ending then, never the other way round.
  return parentOf(String(pid)) !== undefined;
}

function isKilled(pid: number): boolean {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return true; // it has ended meanwhile
  }
  // Pending signals of its main thread, and of the whole process.
  const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)].map(([, mask]) => BigInt(`0x${mask}`));
  return pending.some((mask) => (mask & SIGKILL) !== 0n);
}

/** Returns the command line of a process, to find it among the descendants. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return ''; // it has ended meanwhile
  }
}

function parentOf(pid: string): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // it has ended meanwhile
  }
  // The command name stands in brackets and may hold anything, brackets too.
  const [state, parent, , , , , flags] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || (Number(flags) & EXITING) !== 0 ? undefined : Number(parent);
}

/** Returns the living processes on this machine whose command line contains the text. */
export const processesNaming = (text: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => commandLine(pid).includes(text));

/** CAP_SYS_PTRACE in the masks of /proc. */
const SYS_PTRACE = 1n << 19n;

/** Tells whether this process has the capability to inspect processes of other users. */
export function mayInspectOthers(): boolean {
  const status = readFileSync(`/proc/${process.pid}/status`, 'utf8');
  const [, mask = '0'] = /^CapEff:\s*([0-9a-f]+)/m.exec(status) ?? [];
  return (BigInt(`0x${mask}`) & SYS_PTRACE) !== 0n;
}
