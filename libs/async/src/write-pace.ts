import { setTimeout as pause } from 'node:timers/promises';

/**
 * An SQLite write blocks all requests. The pause between two writes is at least this many milliseconds, and nine times the duration of the
 * write.
 */
const PACE_MS = 4;
const PACE_FACTOR = 9;
const RETRY_MS = 1_000;

/** Waits before the next background write, so that writes take a tenth of the time at most. Does not keep the process alive. */
export async function paceWrites(started: number, isWritten: boolean): Promise<void> {
  const waitMs = Math.max(PACE_MS, PACE_FACTOR * (performance.now() - started));
  await pause(isWritten ? waitMs : RETRY_MS, undefined, { ref: false });
}
