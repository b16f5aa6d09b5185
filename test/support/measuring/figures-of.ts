import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const RUN_TYPESCRIPT = ['--import', resolve(import.meta.dirname, '../typescript.mjs')];
/** Timeout for a program that hangs. */
const HANGS_AFTER_MS = 500_000;

/**
 * Runs a measuring program (`*.measure.ts`) and returns the figures that it reports. A figure of a whole process (heap, CPU, event loop
 * delay, descriptors, children) is meaningful only in a process that does nothing else. A test worker has run other files before and keeps
 * their data. The spec that compares the figure states the bound, its unit and its reason.
 *
 * @param program absolute path
 * @param args arguments of the program
 * @throws when the program fails, with its standard error
 */
export async function figuresOf<Name extends string>(
  program: string,
  ...args: readonly string[]
): Promise<Readonly<Record<Name, number>>> {
  const options = ['--expose-gc', '--enable-source-maps', ...RUN_TYPESCRIPT, program, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: HANGS_AFTER_MS });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Record<Name, number>;
}
