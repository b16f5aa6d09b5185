import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { getPriority, setPriority } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inheritedEnvironment, networkEnvironment } from '@manifold/config';
import { InstallError } from '../install-error.js';
import type { InstallProgress } from '../install-progress.js';
import { InstallLog } from './install-log.js';
import type { InstallOrder } from './install-messages.js';
import type { InstallReport } from './install-program.js';
import { safeLine } from './safe-line.js';

/** It stands beside this file, and is built like it. */
const PROGRAM = join(import.meta.dirname, `install-program${extname(import.meta.filename)}`);
/** Tool calls come first. */
const NICENESS = 10;
/** How long the last report and the last log lines may take to come through after the exit. */
const LAST_WORDS_MS = 1000;

/** How the program ended. */
type Outcome = Extract<InstallReport, { kind: 'installed' | 'failed' }>;

export interface InstallRun {
  readonly order: InstallOrder;
  /** Options of Node for the program. */
  readonly nodeOptions: readonly string[];
  readonly signal: AbortSignal;
  readonly progress: Pick<InstallProgress, 'onStep' | 'onLog'>;
}

/**
 * Runs the install program in a child process, with a process group of its own. The signal kills the group, and the program does it itself
 * when the gateway is gone; nothing of it runs any more when this settles.
 * @throws InstallError
 */
export async function runInstall({
  order,
  nodeOptions,
  signal,
  progress,
}: InstallRun): Promise<Extract<Outcome, { kind: 'installed' }>> {
  const log = new InstallLog((line) => progress.onLog(line));
  const child = await start(nodeOptions);
  let outcome: Outcome | undefined;
  child.on('message', (report: InstallReport) => {
    if (report.kind === 'step') progress.onStep(report.percent, report.step);
    else if (report.kind === 'log') log.add(report.line);
    else outcome = report;
  });
  for (const stream of [child.stdout!, child.stderr!]) log.follow(stream);
  const ended = Promise.allSettled([once(child, 'close'), once(child, 'disconnect')]);
  child.send(order, () => undefined); // one that has ended meanwhile says so by its exit

  const kill = (): void => killGroup(child.pid!);
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const [code, endedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  signal.removeEventListener('abort', kill);
  kill(); // what install scripts may have left behind
  await Promise.race([ended, delay(LAST_WORDS_MS, undefined, { ref: false })]);

  if (outcome?.kind === 'installed') return outcome;
  if (outcome) throw new InstallError(outcome.code, safeLine(outcome.message));
  if (endedBy === 'SIGXFSZ') throw new InstallError('no_space', 'A file is larger than this process may write');
  throw new InstallError('install_failed', `The install was ended by ${endedBy ?? `its exit with code ${code}`}`);
}

async function start(nodeOptions: readonly string[]): Promise<ChildProcess> {
  const env = { ...inheritedEnvironment(), ...networkEnvironment() };
  const child = spawn(process.execPath, [...nodeOptions, PROGRAM], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  try {
    await once(child, 'spawn');
    setPriority(child.pid!, Math.max(NICENESS, getPriority())); // before Node has threads of its own: they take it over
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InstallError('install_failed', `The install program cannot be started (${code})`, { cause: error });
  }
  return child;
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // nobody of the group is left
  }
}
