import { setTimeout as pause } from 'node:timers/promises';

/** With SQLite each write holds up all requests: so many milliseconds are between two, and nine times as long as the write took. */
const PACE_MS = 4;
const PACE_FACTOR = 9;
const RETRY_MS = 1_000;

/** Waits until the next write of what nobody waits for, so that it takes a tenth of the time at most. Does not keep the process alive. */
export async function restAfterWrite(started: number, isWritten: boolean): Promise<void> {
  const rest = Math.max(PACE_MS, PACE_FACTOR * (performance.now() - started));
  await pause(isWritten ? rest : RETRY_MS, undefined, { ref: false });
}
