import type { Cancellation } from './cancellation.js';

/** Waits for the promise until the signal aborts, then throws the signal's reason. The work behind the promise continues. */
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
