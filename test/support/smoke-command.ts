import { execFile } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const SMOKE = join(ROOT, 'dist/apps/gateway/src/smoke.js');

export interface SmokeRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npm run smoke -- ...` in a separate process. No exit code makes it throw. */
export function smoke(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<SmokeRun> {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, env: { PATH: process.env.PATH, ...env } };
    const child = execFile(process.execPath, [SMOKE, ...args], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
