import { chmod, mkdir, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Programs of other users must be able to pass through DATA_DIR, and may not list it. */
const PASSABLE = 0o711;
const PRIVATE = 0o700;
const OWNER_ONLY = 0o600;

/**
 * Creates DATA_DIR if it is missing, and closes it to other users. Programs of other users can pass through it to their own folders where they
 * have some. They may not list it, nor read any file in it.
 * @returns its path without symbolic links
 */
export async function closeDataDir(path: string, isPassable: boolean): Promise<string> {
  await mkdir(path, { recursive: true, mode: PRIVATE });
  const dataDir = await realpath(path);
  if (!isPassable) {
    // Somebody else may own a folder in which the gateway may write.
    await chmod(dataDir, PRIVATE).catch(() => undefined);
    return dataDir;
  }
  for (const entry of await readdir(dataDir, { withFileTypes: true }))
    if (entry.isFile()) await chmod(join(dataDir, entry.name), OWNER_ONLY);
  await chmod(dataDir, PASSABLE);
  return dataDir;
}
