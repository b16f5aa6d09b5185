import { existsSync, readFileSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';

/** Of util-linux, which every Debian has. */
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'];
/** Threads of everything that runs under the user id of servers: what a bomb can reach that escapes from its group. */
const ALL_THREADS = 8_192;

export interface ProgramLimits {
  /** Of each process. */
  readonly openFiles: number;
  /** It gets a user id that the gateway does not have. */
  readonly hasOwnUser: boolean;
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The same program under limits of the system, where there is a tool that sets them; else without.
 * @throws NodeJS.ErrnoException when there is no such program, as starting it would
 */
export async function limited(
  { command, args }: Program,
  { openFiles, hasOwnUser }: ProgramLimits,
  { PATH = '' }: { readonly PATH?: string },
  cwd: string,
): Promise<Program> {
  const prlimit = PRLIMIT.find((path) => existsSync(path));
  if (prlimit === undefined) return { command, args };
  const program = await findProgram(command, PATH, cwd);
  const files = Math.min(openFiles, hardLimit('open files'));
  const threads = Math.min(ALL_THREADS, hardLimit('processes'));
  const limits = [`--nofile=${files}:${files}`, ...(hasOwnUser ? [`--nproc=${threads}:${threads}`] : [])];
  return { command: prlimit, args: [...limits, '--', program, ...args] };
}

/** The tool would report a program that it cannot run on its stderr; found beforehand, the fault has a code. */
async function findProgram(command: string, path: string, cwd: string): Promise<string> {
  const folders = command.includes('/') ? [''] : path.split(delimiter);
  let fault: unknown;
  for (const folder of folders) {
    const file = resolve(cwd, folder, command);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch (error) {
      if (fault === undefined || (error as NodeJS.ErrnoException).code === 'EACCES') fault = error;
    }
  }
  throw fault;
}

/** Of this process: nobody but root can go beyond it. */
function hardLimit(what: string): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const value = new RegExp(`^Max ${what} +\\S+ +(\\d+)`, 'm').exec(limits)?.[1];
  return value === undefined ? Number.POSITIVE_INFINITY : Number(value);
}
