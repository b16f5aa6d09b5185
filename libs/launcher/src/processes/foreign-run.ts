import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { getPriority } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { takeListener } from './way-out.js';
import { startFault, type PreparedProgram } from './foreign-process.js';
import { groupWatch } from './group-watch.js';
import { killProgram } from './kill-program.js';
import { launches, type Launch } from './launches.js';
import { leftovers } from './leftovers.js';
import { endGroup, guardGroup } from './process-group.js';
import { watchdog } from './watchdog.js';

/** The tasks of the gateway while it runs a program to its end. */
export interface RunFollower {
  /** Kills the program and all that it has started. */
  readonly signal: AbortSignal;
  /** Called once for stdout and once for stderr. */
  onOutput(stream: Readable): void;
  /**
   * Called with a connection to the program, which has the other end as file descriptor 3, and an empty stdin. Without this function, stdin
   * is a pipe. The gateway closes neither: when it ends, the program sees their end and ends, too.
   */
  onChannel?(channel: Duplex): void;
}

/** How a program ended. */
export interface RunEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The limit that the program exceeded, as a sentence. */
  readonly excess?: string;
}

/** Nice value of programs that nobody waits for as for a call. */
const NICENESS = 10;
const NICE = ['/usr/bin/nice', '/bin/nice'];
/** Maximum time to wait after the exit for output that another process still holds open. */
const OUTPUT_AFTER_EXIT_MS = 1000;

/**
 * Runs a program with a lower priority until it has ended. When this settles, nothing that it has started runs any more.
 * @throws LaunchError; the reason of the signal
 */
export async function runToEnd(program: PreparedProgram, follower: RunFollower): Promise<RunEnd> {
  const { signal } = follower;
  signal.throwIfAborted();
  const launch = await leftovers.begin(program.runAs?.uid);
  const { child, exit, close } = await start(program, launch, follower.onChannel !== undefined);
  const pid = child.pid!;
  let excess: string | undefined;
  guardGroup(pid);
  const group = { leader: pid, launch, isSandboxed: program.isSandboxed ?? false };
  groupWatch.add(group, program.limits, (reason) => (excess = reason));
  const kill = (): void => void killProgram(group, exit);
  signal.addEventListener('abort', kill, { once: true });
  const channel = child.stdio[3] as Duplex | undefined;
  try {
    for (const stream of [child.stdout!, child.stderr!]) follower.onOutput(stream);
    child.stdin?.on('error', () => undefined);
    channel?.on('error', () => undefined);
    if (channel) follower.onChannel!(channel);
    if (signal.aborted) kill();
    const [code, endedBy] = await exit;
    endGroup(pid); // kills processes that it may have left running
    launches.end(launch);
    if (!group.isSandboxed) await leftovers.end(launch.uid);
    await Promise.race([close, delay(OUTPUT_AFTER_EXIT_MS, undefined, { ref: false })]);
    signal.throwIfAborted();
    return { code, signal: endedBy, excess };
  } finally {
    signal.removeEventListener('abort', kill);
    groupWatch.remove(pid);
    launches.end(launch);
    watchdog.remove(pid);
    for (const stream of [child.stdin, child.stdout, child.stderr, channel]) stream?.destroy();
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly exit: Promise<[number | null, NodeJS.Signals | null]>;
  readonly close: Promise<unknown>;
}

async function start(program: PreparedProgram, launch: Launch, hasChannel: boolean): Promise<Started> {
  const { name, cwd, env, runAs, isSandboxed = false, wayOut } = program;
  const [command, ...args] = [...nice(), program.command, ...program.args];
  try {
    const stdio = hasChannel ? (['ignore', 'pipe', 'pipe', 'pipe'] as const) : (['pipe', 'pipe', 'pipe'] as const);
    const child = spawn(command, args, {
      cwd,
      env: { ...launch.env, ...env, ...launch.env },
      ...runAs,
      detached: true,
      stdio: wayOut ? [...stdio, 'ipc'] : [...stdio],
    });
    if (wayOut) takeListener(child, wayOut);
    const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const close = once(child, 'close');
    for (const end of [exit, close]) end.catch(() => undefined); // a failed start is reported by the next line
    if (child.pid !== undefined) watchdog.add(child.pid, isSandboxed ? undefined : runAs?.uid);
    await once(child, 'spawn');
    return { child, exit, close };
  } catch (error) {
    launches.end(launch);
    throw startFault(name, error as NodeJS.ErrnoException);
  }
}

/** Returns the words before a command that lower its priority, and that of all that it starts. */
function nice(): string[] {
  const path = NICE.find((place) => existsSync(place));
  const more = NICENESS - getPriority();
  return path === undefined || more <= 0 ? [] : [path, '-n', String(more)];
}
