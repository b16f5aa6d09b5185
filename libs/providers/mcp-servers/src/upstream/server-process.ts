import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { inheritedEnvironment } from '@manifold/config';
import { processCounter, processLevels, type Count } from '@manifold/metrics';
import { ProviderError } from '@manifold/tool-provider';
import { groupWatch, type GroupLimits } from './group-watch.js';
import { endGroup, guardGroup, signalGroup } from './process-group.js';
import { limited } from './resource-limits.js';

export interface StdioSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the inherited environment; where both have a name, this wins. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly limits: GroupLimits & { readonly openFiles: number };
  /** Not set: the gateway's own user and group. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
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

/** A running child process that leads a process group of its own, so that everything it starts ends with it. */
export class ServerProcess {
  /** How it ended, in words. */
  readonly exited: Promise<string>;
  private state: Count | undefined = running;

  private constructor(
    readonly streams: Pick<ChildProcessWithoutNullStreams, 'stdin' | 'stdout' | 'stderr'>,
    readonly pid: number,
    exit: Promise<[code: number | null, signal: NodeJS.Signals | null]>,
    limits: GroupLimits,
  ) {
    let excess: string | undefined;
    groupWatch.add(pid, limits, (reason) => (excess = reason));
    running.add();
    this.exited = exit.then(([code, signal]) => {
      (this.state === stopping ? stopped : excess === undefined ? endedItself : overLimit).add();
      this.enter(undefined);
      groupWatch.remove(pid);
      endGroup(pid);
      if (excess !== undefined) return excess;
      return signal === null ? `The server exited with code ${code}` : `The server was ended by ${signal}`;
    });
  }

  /** @throws ProviderError that names the command */
  static async start(spec: StdioSpec): Promise<ServerProcess> {
    const { cwd, limits, runAs } = spec;
    starting.add();
    try {
      const env = environmentOf(spec);
      const { command, args } = await limited(spec, { ...limits, hasOwnUser: runAs !== undefined }, env, cwd);
      const child = spawn(command, args, { cwd, env, ...runAs, detached: true, stdio: 'pipe' });
      const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
      exit.catch(() => undefined); // a child that never started is reported by the next line
      await once(child, 'spawn');
      const pid = child.pid as number;
      guardGroup(pid);
      return new ServerProcess(child, pid, exit, limits);
    } catch (error) {
      throw startFault(spec.command, error as NodeJS.ErrnoException);
    } finally {
      starting.add(-1);
    }
  }

  /** Asks, insists, kills. Resolves when the process is gone; never rejects. */
  async stop(): Promise<void> {
    if (this.state) this.enter(stopping);
    this.streams.stdin.end();
    if (await this.exitsWithin(LEAVE_MS)) return;
    signalGroup(this.pid, 'SIGTERM');
    if (await this.exitsWithin(TERMINATE_MS)) return;
    await this.kill();
  }

  /** Resolves when the process is gone; never rejects. */
  async kill(): Promise<void> {
    if (this.state) this.enter(stopping);
    signalGroup(this.pid, 'SIGKILL');
    await this.exited;
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

/** A user of its own has no use for the gateway's home, and may not look into it. */
function environmentOf({ env, runAs }: StdioSpec): Record<string, string> {
  const inherited = inheritedEnvironment();
  if (runAs) {
    delete inherited.USER;
    delete inherited.LOGNAME;
    inherited.HOME = tmpdir();
  }
  return { ...inherited, ...env };
}

const START_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'the command or its working folder does not exist',
  EACCES: 'it may not be executed',
  ENOTDIR: 'the working folder is no folder',
  EPERM: 'the gateway may not run it as the user SERVER_UID',
  E2BIG: 'its arguments and environment are too long',
};

/** Only the code of the fault: its message may quote arguments and environment. */
function startFault(command: string, error: NodeJS.ErrnoException): ProviderError {
  const fault = START_FAULTS[error.code ?? ''] ?? error.code ?? 'unknown fault';
  return new ProviderError('upstream_unavailable', `Cannot start "${command}": ${fault}`, { cause: error });
}
