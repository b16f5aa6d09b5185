// Runs the programs of dist/ in this process.
import { ensureBuilt } from './build-stamp.mjs';

const MISSING = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'];

/**
 * Builds when needed, then runs a program. Ends the process with one line if a package is missing or was installed for another system.
 * @param name main, admin or smoke
 */
export async function runProgram(name) {
  await ensureBuilt();
  try {
    await import(`../dist/apps/gateway/src/${name}.js`);
  } catch (error) {
    if (!MISSING.includes(error.code)) throw error;
    const [reason] = error.message.split('\n');
    console.error(
      `Manifold cannot run on this system (${process.platform} ${process.arch}, Node ${process.versions.node}): ${reason}. Install the packages here: npm ci`,
    );
    process.exit(1);
  }
}
