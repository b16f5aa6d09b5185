import { appendFileSync } from 'node:fs';

/** A file of JSON lines that tells tests what a server really did: shared by processes, and readable after a kill -9. */
export class Journal {
  /** @param {string | undefined} path nothing is written without one */
  constructor(path) {
    this.path = path;
  }

  write(entry) {
    if (this.path === undefined) return;
    const time = performance.timeOrigin + performance.now();
    appendFileSync(this.path, `${JSON.stringify({ ...entry, pid: process.pid, time })}\n`);
  }
}
