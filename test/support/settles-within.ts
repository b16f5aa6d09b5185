import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** Turns of the event loop after the timer, in which what has come meanwhile is heard: timers run before sockets are read. */
const LAST_TURNS = 10;

/**
 * Whether the promise settles before a timer that starts now. What holds this process up delays both. What the promise waits for must
 * be in this process too, or take far less than the timer: what holds up another process is not seen here.
 */
export async function settlesWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  let settled = false;
  const settling = promise.then(
    () => (settled = true),
    () => (settled = true),
  );
  const late = async (): Promise<void> => {
    await pause(ms, undefined, { signal: timer.signal });
    for (let turn = 0; turn < LAST_TURNS; turn += 1) await nextTurn();
  };
  await Promise.race([settling, late().catch(() => undefined)]);
  timer.abort();
  return settled;
}
