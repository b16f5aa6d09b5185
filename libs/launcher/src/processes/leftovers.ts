import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { launches, markOf, thisRun, type Launch } from './launches.js';
import { otherGateways } from './other-gateways.js';
import { SYSTEM_PATH } from './watchdog.js';
import { signalProcess } from './process-group.js';
import { adoptiveParents, inTurns, readProcessTable, userOf, type ProcessEntry } from './process-table.js';

/** A killed process needs some time to end, and may have started others just before. */
const AGAIN_AFTER_MS = 10;
/** Ends the search in the end: a process that waits for a disk cannot be killed. */
const ROUNDS = 100;
/** These are made however long they take. */
const FIRST_ROUNDS = 3;
const SHELL = '/bin/sh';
/** Time that the program which kills all processes of a user gets, if they stop it. */
const KILLS_WITHIN_MS = 1000;
/** Ends the search in the end: processes may hinder it. */
const SEARCHES_MS = 10_000;

/** Processes that were started by programs that have ended. */
interface Search {
  /** Earlier runs of the gateway, all of whose programs have ended or are to end. */
  readonly runs: ReadonlySet<string>;
  /** User ids that belonged to programs that have ended. No program starts under them during the search. */
  readonly uids: ReadonlySet<number>;
}

/**
 * Kills what is left of programs that have ended, such as daemons: all processes under their user ids, whatever their environment says, and
 * under the id of the gateway those that have the mark in their environment.
 * @returns whether nothing is left
 */
async function endLeftovers(search: Search): Promise<boolean> {
  const end = performance.now() + SEARCHES_MS;
  for (let round = 0; round < ROUNDS && (round < FIRST_ROUNDS || performance.now() < end); round += 1) {
    if (round > 0) await delay(AGAIN_AFTER_MS);
    const doomed = await findLeftovers(await readProcessTable(), search);
    if (doomed.length === 0) return true;
    for (const { pid } of doomed) signalProcess(pid, 'SIGKILL');
    // Programs that start others all the time are not caught one by one.
    if (round > 0) for (const uid of new Set(doomed.flatMap(({ user }) => user ?? []))) await killUser(uid);
  }
  return false;
}

interface Doomed {
  readonly pid: number;
  /** Its user id, if all processes of it are to end. */
  readonly user?: number;
}

async function findLeftovers(entries: readonly ProcessEntry[], { runs, uids }: Search): Promise<Doomed[]> {
  const adoptive = adoptiveParents();
  const spared = new SharedIds(entries, adoptive);
  const doomed: Doomed[] = [];
  await inTurns(entries, (entry) => {
    const { pid } = entry;
    if (adoptive.has(pid)) return;
    const uid = userOf(pid);
    if (uid === undefined) return;
    if (uids.has(uid)) {
      if (!spared.has(uid)) doomed.push({ pid, user: uid });
      else if (!spared.isOthers(entry, uid)) doomed.push({ pid });
      return;
    }
    const mark = markOf(pid);
    if (mark === undefined) return;
    if (mark.run === thisRun ? !launches.isLive(mark.launch) : runs.has(mark.run)) doomed.push({ pid });
  });
  return doomed;
}

/**
 * The user ids that another gateway on this machine gives, too, against the advice of its operator. A process under such an id is the other's if
 * it has its mark, or if it has no mark and its parent lives: daemons alone have lost theirs.
 */
class SharedIds {
  private others?: ReturnType<typeof otherGateways>;
  private readonly byPid: ReadonlyMap<number, ProcessEntry>;

  constructor(
    entries: readonly ProcessEntry[],
    private readonly adoptive: ReadonlySet<number>,
  ) {
    this.byPid = new Map(entries.map((entry) => [entry.pid, entry]));
  }

  has(uid: number): boolean {
    return this.giving(uid).length > 0;
  }

  isOthers(entry: ProcessEntry, uid: number): boolean {
    const mark = markOf(entry.pid);
    return mark === undefined ? !this.isOrphan(entry, uid) : this.giving(uid).some(({ run }) => run === mark.run);
  }

  private giving(uid: number): ReturnType<typeof otherGateways> {
    this.others ??= otherGateways();
    return this.others.filter(({ ranges }) => ranges.some(({ first, last }) => first <= uid && uid <= last));
  }

  /** Whether the process, or the first one of its user above it, has lost its parent. */
  private isOrphan({ parent }: ProcessEntry, uid: number): boolean {
    const above = this.byPid.get(parent);
    if (this.adoptive.has(parent) || above === undefined) return true;
    return userOf(parent) === uid && this.isOrphan(above, uid);
  }
}

/**
 * Kills all processes of a user at once. They cannot start others meanwhile, as the kernel signals all in one step. They can stop the program
 * that does it, so it takes their user id only after it has started, and not for long.
 */
async function killUser(uid: number): Promise<void> {
  const args = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', SHELL, '-c', 'kill -9 -1'];
  const child = spawn('setpriv', args, {
    ...{ cwd: '/', env: { PATH: SYSTEM_PATH }, stdio: 'ignore' },
    ...{ timeout: KILLS_WITHIN_MS, killSignal: 'SIGKILL' },
  });
  await once(child, 'exit').catch(() => undefined); // its code tells only whether there were any
}

/** Ends what programs leave behind. Programs that end at the same time share a search. */
class Leftovers {
  private wanted = { runs: new Set<string>(), uids: new Set<number>() };
  /** The user ids of the search that runs. */
  private ending: ReadonlySet<number> = new Set();
  private current?: Promise<boolean>;
  private next?: Promise<boolean>;

  /** Begins a launch, as soon as the processes that earlier ones have left under the same user id are gone. */
  async begin(uid: number | undefined): Promise<Launch> {
    while (uid !== undefined && (this.ending.has(uid) || this.wanted.uids.has(uid))) await (this.next ?? this.current);
    return launches.begin(uid);
  }

  /**
   * Ends what is left of the programs that have ended by now; never rejects.
   * @param uid the user id of a program that has ended, if it is not that of the gateway. If no other program runs under it, all processes
   *   under it are ended
   * @returns whether nothing is left
   */
  end(uid: number | undefined): Promise<boolean> {
    return this.endAll(new Set(), uid === undefined ? [] : [uid]);
  }

  /** Does the same for all programs of earlier runs of the gateway, and of these user ids. */
  endAll(runs: ReadonlySet<string>, uids: Iterable<number>): Promise<boolean> {
    for (const run of runs) this.wanted.runs.add(run);
    for (const uid of uids) if (isOfPrograms(uid) && !launches.usesUser(uid)) this.wanted.uids.add(uid);
    return this.current ? (this.next ??= this.current.then(() => this.search())) : this.search();
  }

  private search(): Promise<boolean> {
    this.next = undefined;
    const { wanted } = this;
    this.wanted = { runs: new Set(), uids: new Set() };
    this.ending = wanted.uids;
    this.current = endLeftovers(wanted)
      .catch(() => false)
      .finally(() => {
        this.current = undefined;
        this.ending = new Set();
      });
    return this.current;
  }
}

const isOfPrograms = (uid: number): boolean => uid > 0 && uid !== process.getuid?.();

export const leftovers = new Leftovers();
