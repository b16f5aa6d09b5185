import { existsSync, realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';

/** The part of the file system that a sandboxed program sees beside the read-only system. */
export interface Visibility {
  /** Folders and files that are hidden, and all below them. */
  readonly hidden: readonly string[];
  /** Folders that can be read although a hidden folder contains them. */
  readonly readable: readonly string[];
  /** Folders that can be changed. */
  readonly writable: readonly string[];
  /** The folder that the program sees as `/tmp`. */
  readonly temporary: string;
}

interface Mount {
  readonly path: string;
  readonly options: readonly string[];
}

const IN_MEMORY = '--tmpfs';
/** Namespaces of their own: processes, users, System V IPC, host name, control groups. */
const APART = ['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'];
/**
 * `--die-with-parent`: the kernel ends it with the gateway, and with it all of its process namespace. No process gets a capability or
 * a terminal of the gateway.
 */
const CONTAINED = ['--die-with-parent', '--cap-drop', 'ALL'];

/**
 * Returns the options of bubblewrap (`bwrap`, version 0.4 or newer) for a program.
 * @param cwd the working directory, as the program sees it
 * @param isCutOff whether its network has a loopback and nothing else
 */
export function bubblewrapOptions(see: Visibility, cwd: string, isCutOff: boolean): string[] {
  const hidden = see.hidden.flatMap(hide);
  const folders = hidden.filter(({ options }) => options[0] === IN_MEMORY);
  const mounts = [
    ...hidden,
    ...see.readable.map((path) => ({ path: resolve(path), options: ['--ro-bind', resolve(path), resolve(path)] })),
    ...see.writable.map((path) => ({ path: resolve(path), options: ['--bind', resolve(path), resolve(path)] })),
  ];
  // A mount covers what was mounted below it before, so outer folders come first. The sort is stable: of equal paths the last one counts.
  const outerFirst = mounts.sort((one, other) => depth(one.path) - depth(other.path));
  return [
    ...APART,
    ...(isCutOff ? ['--unshare-net'] : []),
    ...CONTAINED,
    ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'],
    ...['--bind', see.temporary, '/tmp', '--bind', see.temporary, '/dev/shm'],
    ...outerFirst.flatMap(({ options }) => options),
    // Folders in memory are read-only: the memory of files in them would not be counted.
    ...[...folders.map(({ path }) => path), '/dev'].flatMap((path) => ['--remount-ro', path]),
    ...['--chdir', cwd, '--'],
  ];
}

/** Hides what exists: there is no place to mount over anything else. A file is hidden by an empty one. */
function hide(path: string): Mount[] {
  if (!existsSync(path)) return [];
  const real = realpathSync(path);
  return [{ path: real, options: isFolder(real) ? [IN_MEMORY, real] : ['--ro-bind', '/dev/null', real] }];
}

const isFolder = (path: string): boolean => statSync(path).isDirectory();
const depth = (path: string): number => path.split(sep).length;
