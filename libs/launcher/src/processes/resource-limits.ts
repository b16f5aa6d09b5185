import { existsSync, readFileSync } from 'node:fs';

/** Paths of `prlimit` from util-linux, which every Debian has. */
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'];
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'];
/** Limit of the number of threads of all processes under the user id of servers. It stops a fork bomb that escapes from its group. */
const ALL_THREADS = 8_192;
const MIB = 1024 * 1024;

export interface ProgramLimits {
  /** Limit of each process. */
  readonly openFiles: number;
  /** Limit of the size of each file that it writes, in MiB. 0: none. */
  readonly fileMb: number;
  /** Whether the program runs under a user id other than the gateway's. */
  readonly hasOwnUser: boolean;
}

export interface Program {
  /** Absolute path. */
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Returns a command that starts a program under system limits. A program under a user id of its own gains no privileges by programs of
 * other users (setuid). A tool that is not installed is left out.
 */
export function limited(program: Program, limits: ProgramLimits): Program {
  const { command, args } = limits.hasOwnUser ? withoutNewPrivileges(program) : program;
  const { openFiles, fileMb, hasOwnUser } = limits;
  const prlimit = PRLIMIT.find((path) => existsSync(path));
  if (prlimit === undefined) return { command, args };
  const files = Math.min(openFiles, hardLimit('open files'));
  const threads = Math.min(ALL_THREADS, hardLimit('processes'));
  const bytes = Math.min(fileMb * MIB, hardLimit('file size'));
  const options = [
    `--nofile=${files}:${files}`,
    ...(fileMb > 0 ? [`--fsize=${bytes}:${bytes}`] : []),
    ...(hasOwnUser ? [`--nproc=${threads}:${threads}`] : []),
  ];
  return { command: prlimit, args: [...options, '--', command, ...args] };
}

function withoutNewPrivileges({ command, args }: Program): Program {
  const setpriv = SETPRIV.find((path) => existsSync(path));
  return setpriv === undefined
    ? { command, args }
    : { command: setpriv, args: ['--no-new-privs', '--', command, ...args] };
}

/** Returns the hard limit of this process. Only root can exceed it. */
function hardLimit(what: string): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const value = new RegExp(`^Max ${what} +\\S+ +(\\d+)`, 'm').exec(limits)?.[1];
  return value === undefined ? Number.POSITIVE_INFINITY : Number(value);
}
