import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** Turns of the event loop after the timer, in which events that have arrived are handled: timers run before sockets are read. */
const LAST_TURNS = 10;

/**
 * Tells whether the promise settles before a timer that starts now. A delay of this process affects both. The awaited work must run in this
 * process, too, or take far less time than the timer, because delays of another process do not stop the timer.
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
