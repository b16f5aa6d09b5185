import { signalGroup } from './process-group.js';
import { readProcessTable, type ProcessEntry } from './process-table.js';

/** Of a process with everything that it starts. */
export interface GroupLimits {
  readonly memoryMb: number;
  readonly processes: number;
}

interface Watched {
  readonly limits: GroupLimits;
  readonly onExceeded: (reason: string) => void;
}

const EVERY_MS = 500;
const MIB = 1024 * 1024;

/**
 * Looks at what the watched processes use, and kills what uses more than it may, with everything that it started. A limit on address
 * space would be simpler, but V8 reserves far more than it ever uses. Without /proc there are no limits.
 */
class GroupWatch {
  private readonly watched = new Map<number, Watched>();
  private timer?: NodeJS.Timeout;

  /** @param leader leads a session of its own */
  add(leader: number, limits: GroupLimits, onExceeded: (reason: string) => void): void {
    this.watched.set(leader, { limits, onExceeded });
    this.timer ??= this.plan();
  }

  remove(leader: number): void {
    this.watched.delete(leader);
    if (this.watched.size > 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private plan(): NodeJS.Timeout {
    return setTimeout(() => void this.look(), EVERY_MS).unref();
  }

  private async look(): Promise<void> {
    const groups = groupsOf(await readProcessTable(), this.watched);
    for (const [leader, members] of groups) this.judge(leader, members);
    clearTimeout(this.timer); // what was watched may have gone, and something else come, in between
    this.timer = this.watched.size > 0 ? this.plan() : undefined;
  }

  private judge(leader: number, members: readonly ProcessEntry[]): void {
    const watched = this.watched.get(leader);
    const reason = watched && excess(members, watched.limits);
    if (!watched || reason === undefined) return;
    this.watched.delete(leader);
    watched.onExceeded(reason);
    // Whole groups first: the system ends them at one stroke, whatever they are starting at the moment.
    for (const session of new Set(members.map((member) => member.session))) signalGroup(session, 'SIGKILL');
    for (const { pid } of members) kill(pid);
  }
}

/** For all child processes of this gateway. */
export const groupWatch = new GroupWatch();

/** The members of each leader's session, and what they started in sessions of their own. */
function groupsOf(
  table: readonly ProcessEntry[],
  leaders: ReadonlyMap<number, unknown>,
): Map<number, readonly ProcessEntry[]> {
  const byPid = new Map(table.map((entry) => [entry.pid, entry]));
  const owners = new Map<number, number | undefined>();
  const ownerOf = (entry: ProcessEntry): number | undefined => {
    const lineage: number[] = [];
    let owner: number | undefined;
    for (let at: ProcessEntry | undefined = entry; at; at = byPid.get(at.parent)) {
      owner = leaders.has(at.session) ? at.session : owners.get(at.pid);
      if (owner !== undefined || owners.has(at.pid)) break;
      lineage.push(at.pid);
    }
    for (const pid of lineage) owners.set(pid, owner);
    return owner;
  };
  const groups = new Map<number, ProcessEntry[]>();
  for (const entry of table) {
    const owner = ownerOf(entry);
    if (owner === undefined) continue;
    const group = groups.get(owner);
    if (group) group.push(entry);
    else groups.set(owner, [entry]);
  }
  return groups;
}

function excess(members: readonly ProcessEntry[], { memoryMb, processes }: GroupLimits): string | undefined {
  if (members.length > processes) return `The server had more than ${processes} processes`;
  const resident = members.reduce((sum, entry) => sum + entry.resident, 0);
  return resident > memoryMb * MIB ? `The server used more than ${memoryMb} MiB of memory` : undefined;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}
