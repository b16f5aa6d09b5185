import { access, constants, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, resolve } from 'node:path';
import type { UserAndGroup } from '../folders/user-ids.js';

/**
 * Finds the file of a command before it is started, in the first folder of PATH in which the user may run it. The home of root often comes
 * first there, and is closed to others.
 * @param base the folder from which a relative path counts
 * @param runAs the user and group of the program. Undefined: those of the gateway
 * @returns an absolute path
 * @throws NodeJS.ErrnoException when the program does not exist or may not be run, as starting it would
 */
export async function findProgram(command: string, path: string, base: string, runAs?: UserAndGroup): Promise<string> {
  const folders = command.includes('/') ? [''] : path.split(delimiter);
  let fault: unknown;
  for (const folder of folders) {
    const file = resolve(base, folder, command);
    try {
      await access(file, constants.X_OK);
      if (runAs) await requireOpen(file, runAs);
      return file;
    } catch (error) {
      if (fault === undefined || (error as NodeJS.ErrnoException).code === 'EACCES') fault = error;
    }
  }
  throw fault;
}

/** @throws NodeJS.ErrnoException EACCES if the user may not pass through a folder above the file, or may not execute the file */
async function requireOpen(file: string, user: UserAndGroup): Promise<void> {
  const real = await realpath(file);
  for (const path of [...above(file), ...above(real), real])
    if (!mayPass(await stat(path), user)) throw Object.assign(new Error('closed to the user'), { code: 'EACCES' });
}

function above(file: string): string[] {
  const folder = dirname(file);
  return folder === file ? [] : [...above(folder), folder];
}

function mayPass(
  entry: { readonly mode: number; readonly uid: number; readonly gid: number },
  user: UserAndGroup,
): boolean {
  if (entry.uid === user.uid) return (entry.mode & 0o100) !== 0;
  if (entry.gid === user.gid) return (entry.mode & 0o010) !== 0;
  return (entry.mode & 0o001) !== 0;
}
