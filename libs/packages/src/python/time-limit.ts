import { InstallError } from '../install-error.js';

/**
 * Runs a task that ends with the signal of its caller, and after so many milliseconds.
 * @throws InstallError: that of the task, `cancelled`, `timeout`, or what became of any other fault
 */
export async function withinTime<T>(
  ms: number,
  caller: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const cancel = () => ended.abort(new InstallError('cancelled', 'It was cancelled'));
  if (caller.aborted) cancel();
  caller.addEventListener('abort', cancel, { once: true });
  const late = new InstallError('timeout', `It was not done within ${Math.round(ms / 1000)} s`);
  const timer = setTimeout(() => ended.abort(late), ms);
  try {
    ended.signal.throwIfAborted();
    return await task(ended.signal);
  } catch (error) {
    throw asInstallError(error);
  } finally {
    clearTimeout(timer);
    caller.removeEventListener('abort', cancel);
  }
}

/** Faults of the file system and of process starts. Only the code is told: messages quote paths and arguments. */
function asInstallError(error: unknown): InstallError {
  if (error instanceof InstallError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new InstallError('no_space', 'There is no space left on the disk', { cause: error });
  }
  return new InstallError('install_failed', `The install failed: ${code ?? 'unknown fault'}`, { cause: error });
}
