/**
 * Runs a task with a time limit. The task's signal aborts when the time is up or when the parent aborts. Rejects when the task rejects.
 * @param late makes the signal's reason when the time is up
 */
export async function withTimeLimit<T>(
  parent: AbortSignal,
  milliseconds: number,
  late: () => Error,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late()), milliseconds);
  try {
    return await task(AbortSignal.any([parent, limit.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for the promise, but no longer than the given time. The promise's value is ignored; the promise must not reject. */
export async function waitAtMost(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([promise, timeUp]);
  clearTimeout(timer);
}

/** Runs a task, and calls `onSlow` when it takes longer than the given time. */
export async function notifyWhenSlow<T>(milliseconds: number, onSlow: () => void, task: () => Promise<T>): Promise<T> {
  const timer = setTimeout(onSlow, milliseconds);
  try {
    return await task();
  } finally {
    clearTimeout(timer);
  }
}
