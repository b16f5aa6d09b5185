import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { GatewayProcess } from './gateway-process.js';

const ROOT = join(import.meta.dirname, '../..');
const ADMIN = join(ROOT, 'dist/apps/gateway/src/admin.js');
const run = promisify(execFile);

/**
 * A new API key, made as an operator makes it: with the admin command, beside the running gateway.
 * @param name also the username of whoever calls with it
 */
export async function createApiKey({ env }: GatewayProcess, name: string, roles = 'user'): Promise<string> {
  const command = [ADMIN, 'create-key', '--name', name, '--roles', roles];
  const { stdout } = await run(process.execPath, command, { cwd: ROOT, env });
  return stdout.trim();
}
