import { randomUUID } from 'node:crypto';
import { LaunchError, type Launch, type Owner } from '@manifold/launcher';
import { InstallError } from './install-error.js';

/** No server has this name, because of the tilde. */
const INSTALLS = '~installs';

/** Limits of an install with all that it starts. A build needs more than a server does. */
export const INSTALL_LIMITS: Launch['limits'] = { memoryMb: 4096, openFiles: 4096, processes: 500 };

/**
 * Returns the owner of an install's programs. The installs of a tenant have one in common, and with it a cache. An install that runs code of
 * packages has one of its own: it can reach neither other installs of the tenant nor their cache.
 */
export const installOwner = (tenant: string, runsCode: boolean): Owner => ({
  tenant,
  server: INSTALLS,
  ...(runsCode && { run: randomUUID() }),
});

/** Returns the InstallError for a program that was not started. Returns other errors unchanged. */
export function asInstallFault(error: unknown): unknown {
  if (!(error instanceof LaunchError)) return error;
  return new InstallError('not_started', error.message, { cause: error });
}
