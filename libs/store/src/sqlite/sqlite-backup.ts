import { closeSync, openSync, rmSync } from 'node:fs';
import Database from 'libsql';
import { sqliteFile } from './sqlite-store.js';

/**
 * Copies the database to a new file that only this user can read. The copy is consistent, even while a gateway uses the database.
 * @throws Error when the file exists, cannot be written, or the copy is damaged. A copy that fails is deleted
 */
export function backUpSqlite(dataDir: string, file: string): void {
  closeSync(openSync(file, 'wx', 0o600));
  try {
    const database = new Database(sqliteFile(dataDir), { fileMustExist: true, timeout: 5000 });
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
