import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates the folder that the gateway writes to, for its own user only.
 * @throws Error with one line that names DATA_DIR
 */
export function prepareDataDir(folder: string): void {
  try {
    make(folder);
    if (!statSync(folder).isDirectory()) throw new Error('it is not a folder');
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Error(`DATA_DIR ${folder} cannot be used: ${(cause as Error).message}`, { cause });
  }
}

/** Creates the folders one by one: Node's recursive mkdir never returns if a file system refuses with ENOENT (`/proc`). */
function make(folder: string): void {
  if (existsSync(folder)) return;
  make(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was faster
  }
}
