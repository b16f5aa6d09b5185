import { randomBytes } from 'node:crypto';
import { readProc, userOf } from './process-table.js';

/** Names the launch in the environment of a program. All that the program starts inherits it. */
const VARIABLE = 'MANIFOLD_LAUNCH';
const MARK = new RegExp(`(?:^|\\0)${VARIABLE}=([0-9a-f]{32})\\.(\\d+)(?:\\0|$)`);

/** One start of a program. */
export interface Launch {
  readonly number: number;
  /** User id of the program, if it is not that of the gateway. */
  readonly uid?: number;
  /** To be added to the environment of the program. */
  readonly env: Readonly<Record<string, string>>;
}

/** The origin of a process, as its environment states it. */
export interface Mark {
  readonly run: string;
  readonly launch: number;
}

/** The name of this run of the gateway. Nobody can guess it. */
export const thisRun = randomBytes(16).toString('hex');

/** The start of each variable's text that names a launch of the run. */
export const markOfRun = (run: string): string => `${VARIABLE}=${run}.`;

/**
 * Returns the mark of a process. Undefined: it has none, this process may not see it, or it is that of a program of another user. Programs
 * write their environment themselves.
 */
export function markOf(pid: number): Mark | undefined {
  const [, run, launch] = MARK.exec(readProc(pid, 'environ') ?? '') ?? [];
  if (run === undefined) return undefined;
  const mark = { run, launch: Number(launch) };
  return run === thisRun && !launches.mayBeOf(mark.launch, userOf(pid)) ? undefined : mark;
}

/** The programs that are being started or run. */
class Launches {
  private readonly live = new Map<number, Launch>();
  private last = 0;

  /** Call it before the program is started: what is not known here may be ended. */
  begin(uid?: number): Launch {
    const number = (this.last += 1);
    const launch = { number, uid, env: { [VARIABLE]: `${thisRun}.${number}` } };
    this.live.set(number, launch);
    return launch;
  }

  end({ number }: Launch): void {
    this.live.delete(number);
  }

  isLive(number: number): boolean {
    return this.live.has(number);
  }

  /** Tells whether a process of this user can belong to a launch. When a launch has ended, only its processes would say so. */
  mayBeOf(number: number, uid: number | undefined): boolean {
    const launch = this.live.get(number);
    return launch === undefined || uid === (launch.uid ?? process.getuid?.());
  }

  /** Tells whether a program runs under this user id. */
  usesUser(uid: number): boolean {
    return this.ofUser(uid) !== undefined;
  }

  /** Returns the number of a program that runs under this user id, if it is not that of the gateway. */
  ofUser(uid: number | undefined): number | undefined {
    if (uid === undefined) return undefined;
    for (const launch of this.live.values()) if (launch.uid === uid) return launch.number;
    return undefined;
  }
}

/** The launches of this gateway. */
export const launches = new Launches();
