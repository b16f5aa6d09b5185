import { ProviderError } from '@manifold/tool-provider';

/**
 * Runs a task that must end within a time: its signal aborts then, or when the parent does.
 * @throws ProviderError `upstream_unavailable` with the message, if the task rejects with its signal's reason
 */
export async function withTimeLimit<T>(
  parent: AbortSignal,
  milliseconds: number,
  message: string,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new ProviderError('upstream_unavailable', message)), milliseconds);
  try {
    return await task(AbortSignal.any([parent, limit.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for the promise, but no longer than the given time. What it resolves to is of no interest; it must not reject. */
export async function waitAtMost(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([promise, timeUp]);
  clearTimeout(timer);
}

/** Runs a task, and says so when it takes longer than the given time. */
export async function withPatience<T>(milliseconds: number, onSlow: () => void, task: () => Promise<T>): Promise<T> {
  const timer = setTimeout(onSlow, milliseconds);
  try {
    return await task();
  } finally {
    clearTimeout(timer);
  }
}
