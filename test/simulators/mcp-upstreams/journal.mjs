import { appendFileSync } from 'node:fs';

/**
 * A file of JSON lines that shows tests what a server really did. Several processes can write to it, and it is readable after a kill -9.
 */
export class Journal {
  /** @param {string | undefined} path without a path nothing is written */
  constructor(path) {
    this.path = path;
  }

  write(entry) {
    if (this.path === undefined) return;
    const time = performance.timeOrigin + performance.now();
    appendFileSync(this.path, `${JSON.stringify({ ...entry, pid: process.pid, time })}\n`);
  }
}
