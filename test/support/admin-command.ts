import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import type { GatewayProcess } from './gateway-process.js';

const ROOT = join(import.meta.dirname, '../..');
const ADMIN = join(ROOT, 'dist/apps/gateway/src/admin.js');
const run = promisify(execFile);

/**
 * Runs `npm run admin -- ...` on the store of a running gateway.
 * @returns its output for scripts, such as a new API key
 * @throws when it fails, with its output
 */
export async function admin(gateway: GatewayProcess, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [ADMIN, ...args], { cwd: ROOT, env: gateway.env });
  return stdout.trim();
}

/** The same, for a command that a test kills before it ends. */
export function adminProcess(gateway: GatewayProcess, ...args: string[]) {
  const child = spawn(process.execPath, [ADMIN, ...args], {
    cwd: ROOT,
    env: gateway.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  return {
    /** Waits until the output for people matches, and returns it. @throws when the command ends before */
    until: (pattern: RegExp): Promise<string> =>
      eventually(`the command says ${pattern}`, () => {
        if (pattern.test(said)) return said;
        if (child.exitCode !== null) throw new Error(`The command ended with ${child.exitCode}:\n${said}`);
        return undefined;
      }),
    kill9: async (): Promise<void> => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
