import type { Launch, Launcher, RunEnd } from '@manifold/launcher';
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
  const end = await launcher.run(
    { ...launch, command: executable, args: ['-I', '-c', program, ...args], limits: INSTALL_LIMITS },
    {
      signal,
      onOutput: (stream) => {
        const lines = new OutputLines(onLine);
        stream.on('data', (chunk: Buffer) => lines.push(chunk));
        outputs.push(lines);
      },
    },
  );
  for (const lines of outputs) lines.end();
  return exitOf(end);
}

const exitOf = ({ code, signal, excess }: RunEnd): number | string => excess ?? code ?? signal ?? 'SIGKILL';
