import type { Launcher, Owner } from '@manifold/launcher';
import type { Interpreter } from './interpreter.js';
import { pipFault } from './pip-faults.js';
import { runPython } from './python-process.js';
import { VENV_PROGRAM } from './python-programs.js';

/**
 * Creates a virtual environment without pip.
 * @param folder absolute path of an empty folder that the owner may change
 * @throws InstallError; LaunchError; the reason of the signal
 */
export async function makeEnvironment(
  launcher: Launcher,
  owner: Owner,
  interpreter: Interpreter,
  folder: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const lines: string[] = [];
  const exit = await runPython(launcher, {
    owner,
    network: 'none',
    executable: interpreter.executable,
    program: VENV_PROGRAM,
    args: ['--without-pip', folder],
    cwd: folder,
    readable: interpreter.places,
    writable: [folder],
    env: { LC_ALL: 'C.UTF-8' },
    signal,
    onLine: (line) => {
      lines.push(line);
      onLine(line);
    },
  });
  if (exit !== 0) throw pipFault({ program: 'venv', exit, lines, reasons: [], python: interpreter.version });
}
