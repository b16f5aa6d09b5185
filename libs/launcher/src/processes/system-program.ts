import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inheritedEnvironment } from '@manifold/config';

const run = promisify(execFile);

/**
 * Runs a program that the operator of the machine has installed, such as Python, to its end and returns its output. It belongs to no owner
 * and gets the inherited environment only.
 * @throws the error of `execFile`
 */
export async function askSystemProgram(
  command: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return run(command, args, { env: inheritedEnvironment(), timeout: timeoutMs });
}
