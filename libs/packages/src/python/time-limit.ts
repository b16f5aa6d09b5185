import { withTimeLimit } from '@manifold/async';
import { InstallError } from '../model/install-error.js';
import { asInstallFault } from '../model/install-owner.js';

/**
 * Runs a task and aborts it with the caller's signal or after this many milliseconds.
 * @throws InstallError: that of the task, `cancelled`, `timeout`, or the conversion of any other error
 */
export async function withinTime<T>(
  ms: number,
  caller: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = (): Error => new InstallError('timeout', `The operation took more than ${Math.round(ms / 1000)} s`);
  try {
    caller.throwIfAborted();
    return await withTimeLimit(caller, ms, late, task);
  } catch (error) {
    if (caller.aborted && error === caller.reason) throw new InstallError('cancelled', 'The operation was cancelled');
    throw asInstallError(error);
  }
}

/** Converts errors of the file system and of process starts. Only the code is kept, because messages contain paths and arguments. */
function asInstallError(thrown: unknown): InstallError {
  const error = asInstallFault(thrown);
  if (error instanceof InstallError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new InstallError('no_space', 'There is no space left on the disk', { cause: error });
  }
  return new InstallError('install_failed', `The install failed: ${code ?? 'unknown error'}`, { cause: error });
}
