import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inheritedEnvironment } from '@manifold/config';
import type { Interpreter } from './interpreter.js';
import { pipFault } from './pip-faults.js';
import { runPython } from './python-process.js';
import { VENV_PROGRAM } from './python-programs.js';

/**
 * Makes a virtual environment, without a pip.
 * @param folder an absolute path that does not exist
 * @throws InstallError; the reason of the signal; EEXIST where the folder is there
 */
export async function makeEnvironment(
  interpreter: Interpreter,
  folder: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const lines: string[] = [];
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder);
  const exit = await runPython({
    executable: interpreter.executable,
    program: VENV_PROGRAM,
    args: ['--without-pip', folder],
    cwd: folder,
    env: { ...inheritedEnvironment(), LC_ALL: 'C.UTF-8' },
    signal,
    onLine: (line) => {
      lines.push(line);
      onLine(line);
    },
  });
  if (exit !== 0) throw pipFault({ program: 'venv', exit, lines, reasons: [], python: interpreter.version });
}
