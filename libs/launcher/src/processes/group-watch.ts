import type { Launch } from './launches.js';
import { MemoryAccount } from './memory-account.js';
import { signalGroup, signalProcess } from './process-group.js';
import { ProcessMembers } from './process-members.js';
import { inTurns, readProcess } from './process-table.js';

/** Limits of a process together with all its descendants. */
export interface GroupLimits {
  readonly memoryMb: number;
  readonly processes: number;
}

/** A program that is watched. */
export interface Group {
  /** Pid of its first process, which leads a session of its own. */
  readonly leader: number;
  readonly launch: Launch;
  /** The leader is bubblewrap. It and its child, the first process of the sandbox, are not the program. */
  readonly isSandboxed: boolean;
}

interface Watched extends Group {
  readonly limits: GroupLimits;
  readonly memory: MemoryAccount;
  readonly onExceeded: (reason: string) => void;
}

/** Time between two looks. */
const EVERY_MS = 500;
/** A look that takes long is followed by a rest of so many times its length, so that all looks take half a percent of a core. */
const REST = 200;
/** The longest rest: meanwhile a program may take more than its limit. */
const REST_AT_MOST_MS = 5000;
const MIB = 1024 * 1024;

/**
 * Checks regularly how much memory and how many processes each watched program uses. A program that exceeds its limits is killed with all
 * its descendants. A limit on address space would be simpler, but V8 reserves far more than it uses. Without /proc there are no limits.
 */
class GroupWatch {
  private readonly watched = new Map<number, Watched>();
  private readonly members = new ProcessMembers();
  private timer?: NodeJS.Timeout;

  add(group: Group, limits: GroupLimits, onExceeded: (reason: string) => void): void {
    const memory = new MemoryAccount(limits.memoryMb * MIB);
    this.watched.set(group.leader, { ...group, limits, memory, onExceeded });
    this.members.add(group.leader, group.launch.number);
    this.timer ??= this.plan(EVERY_MS);
  }

  remove(leader: number): void {
    this.watched.delete(leader);
    this.members.remove(leader);
    if (this.watched.size > 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Returns the processes of a program, without those of its sandbox. */
  async processesOf(group: Group): Promise<readonly number[]> {
    await this.members.refresh();
    return this.programOf(group);
  }

  /** Returns the first process of the program's sandbox. Undefined: it has not started, or has ended. */
  async firstInSandbox(group: Group): Promise<number | undefined> {
    await this.members.refresh();
    return this.firstOf(group);
  }

  private firstOf({ leader, isSandboxed }: Group): number | undefined {
    if (!isSandboxed) return undefined;
    return [...this.members.of(leader)].find(([pid, parent]) => parent === leader && this.members.isSame(pid))?.[0];
  }

  private programOf({ leader, isSandboxed }: Group): number[] {
    const members = this.members.of(leader);
    if (!isSandboxed) return [...members.keys()];
    return [...members].filter(([pid, parent]) => pid !== leader && parent !== leader).map(([pid]) => pid);
  }

  private plan(ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.look(), ms).unref();
  }

  private async look(): Promise<void> {
    const spent = (await this.members.refresh()) + (await inTurns(this.watched.values(), (one) => this.judge(one)));
    clearTimeout(this.timer); // programs may have been removed and added in between
    const rest = Math.min(Math.max(EVERY_MS, spent * REST), REST_AT_MOST_MS);
    this.timer = this.watched.size > 0 ? this.plan(rest) : undefined;
  }

  private judge(watched: Watched): void {
    const reason = excess(watched, this.programOf(watched));
    if (reason === undefined) return;
    const members = [...this.members.of(watched.leader).keys()].filter((pid) => this.members.isSame(pid));
    this.watched.delete(watched.leader);
    watched.onExceeded(reason);
    const first = this.firstOf(watched);
    if (first !== undefined) return signalProcess(first, 'SIGKILL'); // the rest of the sandbox ends with it
    // Whole groups are killed first: the system kills all members at once, even while they start further processes.
    const sessions = new Set(members.map((pid) => readProcess(pid)?.session));
    for (const pid of members) if (sessions.has(pid)) signalGroup(pid, 'SIGKILL');
    for (const pid of members) signalProcess(pid, 'SIGKILL');
  }
}

/** The watch of all child processes of this gateway. */
export const groupWatch = new GroupWatch();

function excess({ limits, memory }: Watched, pids: readonly number[]): string | undefined {
  const { exceeded, running } = memory.check(pids);
  if (running > limits.processes) return `The server had more than ${limits.processes} processes`;
  return exceeded ? `The server used more than ${limits.memoryMb} MiB of memory` : undefined;
}
