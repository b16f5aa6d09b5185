import { setTimeout as pause } from 'node:timers/promises';

/**
 * Whether the promise settles before a timer that starts now. It compares the order of two events, not times: what holds this process
 * up delays both.
 */
export async function settlesWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const late = pause(ms, false, { signal: timer.signal }).catch(() => false);
  return Promise.race([settled, late]).finally(() => timer.abort());
}
