import type { Readable } from 'node:stream';
import { LaunchError, type Launch, type Launcher, type RunEnd } from '@manifold/launcher';
import { INSTALL_LIMITS } from '../model/install-owner.js';
import { OutputLines } from './output-lines.js';

export interface PythonRun extends Pick<Launch, 'owner' | 'network' | 'env' | 'readable' | 'writable'> {
  readonly executable: string;
  /** Program from python-programs.ts. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Kills the process and all processes that it has started. */
  readonly signal: AbortSignal;
  /** Called with each line on stdout or stderr. */
  readonly onLine: (line: string) => void;
}

/**
 * Runs Python for its owner and waits for its exit.
 * @returns the exit code, the name of the signal that ended the process, or the limit that it exceeded
 * @throws LaunchError; the reason of the signal, after the whole process group was killed
 */
export async function runPython(launcher: Launcher, run: PythonRun): Promise<number | string> {
  const { executable, program, args, signal, onLine, ...launch } = run;
  const outputs: OutputLines[] = [];
  const python = { ...launch, command: executable, args: ['-I', '-c', program, ...args], limits: INSTALL_LIMITS };
  const onOutput = (stream: Readable): void => {
    const lines = new OutputLines(onLine);
    stream.on('data', (chunk: Buffer) => lines.push(chunk));
    outputs.push(lines);
  };
  const end = await launcher.run(python, { signal, onOutput }).catch((error: unknown) => {
    throw withSetting(error);
  });
  for (const lines of outputs) lines.end();
  return exitOf(end);
}

/** Returns the error of a Python that is closed to the user of installs with the setting that mends it. */
function withSetting(error: unknown): unknown {
  if (!(error instanceof LaunchError) || (error.cause as NodeJS.ErrnoException | undefined)?.code !== 'EACCES')
    return error;
  return new LaunchError(`${error.message}. Set PYTHON_BIN to a Python that all users can run`, { cause: error.cause });
}

const exitOf = ({ code, signal, excess }: RunEnd): number | string => excess ?? code ?? signal ?? 'SIGKILL';
