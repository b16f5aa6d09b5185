import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';

/**
 * Copies the database to a new file, for this user only, as of one moment: also while a gateway works on it.
 * @throws Error when the file is there, cannot be written, or is no sound database afterwards; there is no file then
 */
export function backUpSqlite(dataDir: string, file: string): void {
  closeSync(openSync(file, 'wx', 0o600));
  try {
    const database = new Database(join(dataDir, 'manifold.db'), { fileMustExist: true, timeout: 5000 });
    try {
      database.prepare('vacuum into ?').run(file);
    } finally {
      database.close();
    }
    check(file);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

function check(file: string): void {
  const copy = new Database(file, { readonly: true });
  try {
    const { integrity_check: finding } = copy.prepare('pragma integrity_check').get() as { integrity_check: string };
    if (finding !== 'ok') throw new Error(`The copy is damaged: ${finding}`);
  } finally {
    copy.close();
  }
}
