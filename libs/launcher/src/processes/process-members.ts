import { launches, markOf, thisRun } from './launches.js';
import { adoptiveParents, inTurns, processIds, readProcess, userOf, type ProcessEntry } from './process-table.js';

/**
 * Knows which processes belong to which program: the descendants of its first process, the leader, and those whose parents have ended. A
 * refresh lists /proc, and reads only the processes that it has not seen before. The group of a process never changes.
 */
export class ProcessMembers {
  /** Parent of each member when it was first seen, by leader. */
  private readonly groups = new Map<number, Map<number, number>>();
  private readonly leaderOf = new Map<number, number>();
  /** When each member but the leaders was started, in ticks of the system. */
  private readonly started = new Map<number, number>();
  private readonly leaderOfLaunch = new Map<number, number>();
  /** Processes that belong to no program. */
  private strangers = new Set<number>();
  private refreshing?: Promise<number>;

  /**
   * @param leader pid of a process that leads a session of its own
   * @param launch the number of its launch
   */
  add(leader: number, launch: number): void {
    this.groups.set(leader, new Map([[leader, process.pid]]));
    this.leaderOf.set(leader, leader);
    this.leaderOfLaunch.set(launch, leader);
    this.strangers.clear(); // it may have been seen before it was added, and what it has started, too
  }

  remove(leader: number): void {
    for (const pid of this.groups.get(leader)?.keys() ?? []) this.forgetPid(pid);
    this.groups.delete(leader);
    for (const [launch, of] of this.leaderOfLaunch) if (of === leader) this.leaderOfLaunch.delete(launch);
  }

  /** Returns the members as of the last refresh, the leader among them: pid and parent. */
  of(leader: number): ReadonlyMap<number, number> {
    return this.groups.get(leader) ?? new Map();
  }

  /** Whether a member is still the process that it was when it was first seen. The system may have given its pid to another one. */
  isSame(pid: number): boolean {
    return this.groups.has(pid) || readProcess(pid)?.started === this.started.get(pid);
  }

  /**
   * Looks for processes that have started or ended.
   * @returns the milliseconds that it took, without other work in between
   */
  refresh(): Promise<number> {
    return (this.refreshing ??= this.look().finally(() => (this.refreshing = undefined)));
  }

  private async look(): Promise<number> {
    const begin = performance.now();
    const running = new Set(processIds());
    for (const [pid, leader] of this.leaderOf) if (!running.has(pid) && pid !== leader) this.forget(pid);
    for (const pid of this.strangers) if (!running.has(pid)) this.strangers.delete(pid);
    const entries = new Map<number, ProcessEntry>();
    const unknown = [...running].filter((pid) => !this.leaderOf.has(pid) && !this.strangers.has(pid));
    const listed = performance.now();
    const read = await inTurns(unknown, (pid) => {
      const entry = readProcess(pid);
      if (entry) entries.set(pid, entry);
    });
    this.assign(entries);
    return listed - begin + read;
  }

  private forget(pid: number): void {
    this.groups.get(this.leaderOf.get(pid)!)?.delete(pid);
    this.forgetPid(pid);
  }

  private forgetPid(pid: number): void {
    this.leaderOf.delete(pid);
    this.started.delete(pid);
  }

  private assign(entries: ReadonlyMap<number, ProcessEntry>): void {
    const adoptive = entries.size > 0 ? adoptiveParents() : undefined;
    const leaderFor = (entry: ProcessEntry): number | undefined => {
      const known = this.leaderOf.get(entry.pid);
      if (known !== undefined || this.strangers.has(entry.pid)) return known;
      const parent = entries.get(entry.parent);
      const leader =
        (this.groups.has(entry.session) ? entry.session : undefined) ??
        this.leaderOf.get(entry.parent) ??
        (parent && leaderFor(parent)) ??
        (adoptive?.has(entry.parent) ? this.leaderOfDaemon(entry.pid) : undefined);
      if (leader === undefined) this.strangers.add(entry.pid);
      else {
        this.leaderOf.set(entry.pid, leader);
        this.started.set(entry.pid, entry.started);
        this.groups.get(leader)!.set(entry.pid, entry.parent);
      }
      return leader;
    };
    for (const entry of entries.values()) leaderFor(entry);
  }

  /**
   * A daemon has left its parent and its session. Its environment still says where it comes from, unless it has written another one; then
   * its user id does.
   */
  private leaderOfDaemon(pid: number): number | undefined {
    const mark = markOf(pid);
    if (mark?.run === thisRun && launches.isLive(mark.launch)) return this.leaderOfLaunch.get(mark.launch);
    const launch = launches.ofUser(userOf(pid));
    return launch === undefined ? undefined : this.leaderOfLaunch.get(launch);
  }
}
