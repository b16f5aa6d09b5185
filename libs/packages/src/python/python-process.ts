import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { OutputLines } from './output-lines.js';

export interface PythonRun {
  readonly executable: string;
  /** One of python-programs.ts. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Kills it and all that it started. */
  readonly signal: AbortSignal;
  /** What it prints, on either stream. */
  readonly onLine: (line: string) => void;
}

/** How long an output that somebody else still holds may stay open after the end. */
const OUTPUT_AFTER_EXIT_MS = 1000;

/**
 * Runs Python until its end, in a process group of its own.
 * @returns the exit code, or the signal that ended it
 * @throws the reason of the signal, when nothing of it runs any more; the fault of the start
 */
export async function runPython(run: PythonRun): Promise<number | NodeJS.Signals> {
  const { executable, program, args, cwd, env, signal, onLine } = run;
  signal.throwIfAborted();
  const child = spawn(executable, ['-I', '-c', program, ...args], { cwd, env, detached: true, stdio: 'pipe' });
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const close = once(child, 'close');
  close.catch(() => undefined); // the fault of a start is told by exit
  child.stdin.on('error', () => undefined);
  const outputs = [child.stdout, child.stderr].map((stream) => {
    const lines = new OutputLines(onLine);
    stream.on('data', (chunk: Buffer) => lines.push(chunk));
    return lines;
  });
  const kill = () => killGroup(child.pid);
  signal.addEventListener('abort', kill, { once: true });
  try {
    const [code, endedBy] = await exit;
    kill(); // what it may have left behind
    await Promise.race([close, delay(OUTPUT_AFTER_EXIT_MS, undefined, { ref: false })]);
    for (const lines of outputs) lines.end();
    signal.throwIfAborted();
    return code ?? endedBy ?? 'SIGKILL';
  } finally {
    signal.removeEventListener('abort', kill);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // nobody of the group is left
  }
}
