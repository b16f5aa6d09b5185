import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { GatewayProcess } from './gateway-process.js';

const ROOT = join(import.meta.dirname, '../..');
const ADMIN = join(ROOT, 'dist/apps/gateway/src/admin.js');
const run = promisify(execFile);

/**
 * Runs `npm run admin -- ...` beside a gateway, on its store.
 * @returns what it printed for scripts, such as a new API key
 * @throws when it fails, with what it said
 */
export async function admin(gateway: GatewayProcess, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [ADMIN, ...args], { cwd: ROOT, env: gateway.env });
  return stdout.trim();
}
