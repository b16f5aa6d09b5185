import type { Cancellation } from './cancellation.js';

/** Waits for the promise, but no longer than until the signal aborts; then throws the signal's reason. The promise itself goes on. */
export async function untilAborted<T>(promise: Promise<T>, signal: Cancellation): Promise<T> {
  if (signal.aborted) throw signal.reason;
  const listener = { handleEvent: (): void => undefined };
  const aborted = new Promise<never>((_resolve, reject) => {
    listener.handleEvent = () => reject(signal.reason as Error);
    signal.addEventListener('abort', listener);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', listener);
  }
}
