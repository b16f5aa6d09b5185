import { setTimeout as delay } from 'node:timers/promises';
import { launches, markOf, thisRun } from './launches.js';
import { signalProcess } from './process-group.js';
import { adoptiveParents, inTurns, readProcessTable, userOf, type ProcessEntry } from './process-table.js';

/** A killed process needs some time to end, and may have started others just before. */
const AGAIN_AFTER_MS = 10;
/** Ends the search in the end: a process that waits for a disk cannot be killed. */
const ROUNDS = 100;

/** What surely was started by programs that have ended. */
export interface Search {
  /** Earlier runs of the gateway, all of whose programs have ended or are to end. */
  readonly runs: ReadonlySet<string>;
  /** Tells whether a user id belongs to programs that have ended, and to nobody else. */
  isEnded(uid: number): boolean;
}

/**
 * Kills what is left of programs that have ended, such as daemons. It is found by the mark in its environment. A process without a mark, or
 * whose environment may not be read, is found by its user id, if it or the first process of that user above it has lost its parent. The
 * parents of all others live, and end them.
 */
export async function endLeftovers(search: Search): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round > 0) await delay(AGAIN_AFTER_MS);
    const entries = await readProcessTable();
    if (!(await killLeftovers(entries, search))) return;
  }
}

async function killLeftovers(entries: readonly ProcessEntry[], search: Search): Promise<boolean> {
  const adoptive = adoptiveParents();
  const byPid = new Map(entries.map((entry) => [entry.pid, entry]));
  /** Whether the process, or the first one of its user above it, has lost its parent. */
  const isOrphan = ({ parent }: ProcessEntry, uid: number): boolean => {
    const above = byPid.get(parent);
    if (adoptive.has(parent) || above === undefined) return true;
    return userOf(parent) === uid && isOrphan(above, uid);
  };
  let found = false;
  await inTurns(entries, (entry) => {
    const { pid } = entry;
    if (adoptive.has(pid)) return;
    const mark = markOf(pid);
    if (mark === undefined) {
      const uid = userOf(pid);
      // The user may have got a new program since the table was read. It is asked last: nothing can start between this and the signal.
      if (uid === undefined || !search.isEnded(uid) || !isOrphan(entry, uid) || !search.isEnded(uid)) return;
    } else if (mark.run === thisRun ? launches.isLive(mark.launch) : !search.runs.has(mark.run)) return;
    found = true;
    signalProcess(pid, 'SIGKILL');
  });
  return found;
}

/** Ends what programs of this run leave behind. Programs that end at the same time share the search. */
class LeftoverSearch {
  private readonly uids = new Set<number>();
  private current?: Promise<void>;
  private next?: Promise<void>;

  /**
   * Resolves when nothing is left of the programs that have ended by now; never rejects.
   * @param uid the user id of a program that has ended, if it is not that of the gateway
   */
  end(uid: number | undefined): Promise<void> {
    if (uid !== undefined) this.uids.add(uid);
    return this.current ? (this.next ??= this.current.then(() => this.begin())) : this.begin();
  }

  private begin(): Promise<void> {
    this.next = undefined;
    const uids = new Set(this.uids);
    this.uids.clear();
    const isEnded = (uid: number): boolean => uids.has(uid) && !launches.usesUser(uid);
    this.current = endLeftovers({ runs: new Set(), isEnded })
      .catch(() => undefined) // without /proc
      .finally(() => (this.current = undefined));
    return this.current;
  }
}

export const leftoverSearch = new LeftoverSearch();
