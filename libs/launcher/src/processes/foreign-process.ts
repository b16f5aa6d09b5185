import { spawn, type ChildProcessWithoutNullStreams, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { processCounter, processLevels, type Count } from '@manifold/metrics';
import { takeListener, type WayOut } from './way-out.js';
import { groupWatch, type Group, type GroupLimits } from './group-watch.js';
import { killProgram } from './kill-program.js';
import { launches } from './launches.js';
import { leftovers } from './leftovers.js';
import { endGroup, guardGroup, signalGroup, signalProcess } from './process-group.js';
import { watchdog } from './watchdog.js';

/** A program that is ready to be started: how to keep it apart has been decided. */
export interface PreparedProgram {
  /** The command as its owner has given it, for messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly limits: GroupLimits & { readonly openFiles: number };
  /** User and group of the process. Undefined: those of the gateway. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
  /** The program first opens a listener, which serves as its way out of the sandbox. */
  readonly wayOut?: WayOut;
  /** The command is bubblewrap: the program is a descendant of its child, and nothing of the program outlives it. */
  readonly isSandboxed?: boolean;
}

/** Error: a program could not be started. The message names the fault only, because that of the system may quote arguments. */
export class LaunchError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LaunchError';
  }
}

const children = processLevels('manifold_children', 'Processes of stdio servers by what they are doing', 'state');
const starting = children.of('starting');
const running = children.of('running');
const stopping = children.of('stopping');
const exits = processCounter(
  'manifold_child_exits_total',
  'Processes of stdio servers that ended, by whether they were asked to',
  'cause',
);
const stopped = exits.of('stopped');
const endedItself = exits.of('ended_itself');
const overLimit = exits.of('over_limit');

const LEAVE_MS = 1000;
const TERMINATE_MS = 3000;

/**
 * A running program that the gateway did not write. Its first process leads a process group of its own. All that it starts ends with it: the
 * processes of the group at once, those that have left the group soon after.
 */
export class ForeignProcess {
  /** Resolves with a description of how the process ended. */
  readonly exited: Promise<string>;
  /** Resolves when nothing that the process has started is left. */
  private readonly cleared: Promise<void>;
  private clearing?: Promise<void>;
  private state: Count | undefined = running;
  /** The limit that it exceeded, as a sentence. */
  private excess?: string;

  private constructor(
    readonly streams: Pick<ChildProcessWithoutNullStreams, 'stdin' | 'stdout' | 'stderr'>,
    private readonly group: Group,
    exit: Promise<[code: number | null, signal: NodeJS.Signals | null]>,
    limits: GroupLimits,
  ) {
    groupWatch.add(group, limits, (reason) => (this.excess = reason));
    running.add();
    this.exited = exit.then(([code, signal]) => {
      (this.state === stopping ? stopped : this.excess === undefined ? endedItself : overLimit).add();
      this.enter(undefined);
      groupWatch.remove(this.pid);
      endGroup(this.pid);
      launches.end(group.launch);
      this.clearing = this.clear();
      return this.excess ?? endOf(code, signal ?? (group.isSandboxed ? signalOf(code) : null));
    });
    this.cleared = this.exited.then(() => this.clearing);
  }

  /**
   * Starts the process.
   * @throws LaunchError
   */
  static async start(program: PreparedProgram): Promise<ForeignProcess> {
    const { command, args, env, cwd, limits, runAs, wayOut, isSandboxed = false } = program;
    starting.add();
    const launch = await leftovers.begin(runAs?.uid);
    try {
      const marked = { ...launch.env, ...env, ...launch.env }; // first, so that it is found early, and last, so that it counts
      const stdio: StdioOptions = wayOut ? ['pipe', 'pipe', 'pipe', 'ipc'] : 'pipe';
      const child = spawn(command, args, { cwd, env: marked, ...runAs, detached: true, stdio });
      if (wayOut) takeListener(child, wayOut);
      const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
      exit.catch(() => undefined); // a child that never started is reported by the next line
      if (child.pid !== undefined) watchdog.add(child.pid, isSandboxed ? undefined : runAs?.uid);
      await once(child, 'spawn');
      const leader = child.pid as number;
      guardGroup(leader);
      return new ForeignProcess(child as ChildProcessWithoutNullStreams, { leader, launch, isSandboxed }, exit, limits);
    } catch (error) {
      launches.end(launch);
      throw startFault(program.name, error as NodeJS.ErrnoException);
    } finally {
      starting.add(-1);
    }
  }

  get pid(): number {
    return this.group.leader;
  }

  /**
   * Closes stdin, sends SIGTERM after `LEAVE_MS`, and SIGKILL after another `TERMINATE_MS`. Resolves when the process has
   * ended and nothing that it has started is left; never rejects.
   */
  async stop(): Promise<void> {
    if (this.state) this.enter(stopping);
    this.streams.stdin.end();
    if (!(await this.exitsWithin(LEAVE_MS))) {
      await this.terminate();
      if (!(await this.exitsWithin(TERMINATE_MS))) void killProgram(this.group, this.exited);
    }
    await this.cleared;
  }

  /** Kills the program with SIGKILL. Resolves when the process has ended and nothing is left; never rejects. */
  async kill(): Promise<void> {
    if (this.state) {
      this.enter(stopping);
      void killProgram(this.group, this.exited);
    }
    await this.cleared;
  }

  /** Ends the program because of a limit. @param reason the limit, as a sentence */
  exceed(reason: string): void {
    if (!this.state) return;
    this.excess ??= reason;
    void killProgram(this.group, this.exited);
  }

  /** Asks to leave. Bubblewrap would take a signal to its group for itself, and its program would not get it. */
  private async terminate(): Promise<void> {
    if (!this.group.isSandboxed) return signalGroup(this.pid, 'SIGTERM');
    for (const pid of await groupWatch.processesOf(this.group)) signalProcess(pid, 'SIGTERM');
  }

  /** A sandbox is a process namespace, and the system ends all of it. Elsewhere programs may have daemons. */
  private async clear(): Promise<void> {
    if (!this.group.isSandboxed) await leftovers.end(this.group.launch.uid);
    watchdog.remove(this.pid);
  }

  private enter(state: Count | undefined): void {
    this.state?.add(-1);
    this.state = state;
    state?.add();
  }

  private exitsWithin(ms: number): Promise<boolean> {
    const timer = new AbortController();
    const late = delay(ms, false, { signal: timer.signal }).catch(() => false);
    return Promise.race([this.exited.then(() => true), late]).finally(() => timer.abort());
  }
}

/** Returns the signal that ended the program in a sandbox. Bubblewrap reports it as its own exit code, as a shell does. */
function signalOf(code: number | null): NodeJS.Signals | null {
  const number = (code ?? 0) - 128;
  const known = Object.entries(constants.signals).find(([, value]) => value === number);
  return (known?.[0] as NodeJS.Signals | undefined) ?? null;
}

function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGXFSZ')
    return 'The server was ended by SIGXFSZ: it wrote a file that is larger than SERVER_DATA_MB';
  return signal === null ? `The server exited with code ${code}` : `The server was ended by ${signal}`;
}

const START_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'the command or its working folder does not exist',
  EACCES: 'it may not be executed',
  ENOTDIR: 'the working folder is not a folder',
  EPERM: 'the gateway may not run it as the user SERVER_UID',
  E2BIG: 'its arguments and environment are too long',
};

/** Returns an error with the code of the fault only, because its message may quote arguments and environment. */
export function startFault(name: string, error: NodeJS.ErrnoException): LaunchError {
  const fault = START_FAULTS[error.code ?? ''] ?? error.code ?? 'unknown error';
  return new LaunchError(`Cannot start "${name}": ${fault}`, { cause: error });
}
