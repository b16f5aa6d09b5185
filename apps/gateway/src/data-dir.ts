import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Others may pass through to a folder that they know, and see nothing on the way. */
const PASSABLE = 0o011;

/**
 * Makes the folder that the gateway writes to, for its own user only.
 * @param isPassed servers that run as another user have their packages in it
 * @throws Error with one line that names DATA_DIR
 */
export function prepareDataDir(folder: string, isPassed: boolean): void {
  try {
    make(folder);
    if (!statSync(folder).isDirectory()) throw new Error('it is no folder');
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (isPassed) letPass(folder);
  } catch (cause) {
    throw new Error(`DATA_DIR ${folder} cannot be used: ${(cause as Error).message}`, { cause });
  }
}

/** One folder after the other: Node's recursive mkdir never returns where a file system refuses with ENOENT (`/proc`). */
function make(folder: string): void {
  if (existsSync(folder)) return;
  make(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was quicker
  }
}

function letPass(folder: string): void {
  const mode = statSync(folder).mode & 0o7777;
  if ((mode & PASSABLE) !== PASSABLE) chmodSync(folder, mode | PASSABLE);
}
