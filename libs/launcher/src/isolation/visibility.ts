import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Config } from '@manifold/config';
import type { OwnerFolder } from '../folders/owner-folders.js';
import type { Visibility } from './bubblewrap.js';
import { hiddenCertificates } from './certificates.js';

/** The paths that a program needs. */
export interface NeededPaths {
  /** Working folder outside of the owner's folder. */
  readonly cwd?: string;
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** Words of the command line. Files and folders that they name are visible. */
  readonly words: readonly string[];
}

/** Sockets of system services and of container engines, and tokens of Kubernetes. */
const SERVICES = ['/run', '/var/run'];
const TEMPORARY = '/tmp';
/** Places that a sandbox has of its own. */
const SYSTEM = ['/proc', '/dev'];
/** The folder from which the gateway runs, with its packages. */
const GATEWAY = process.cwd();
/** The folder of the Node.js that runs the gateway. */
const NODE = dirname(dirname(process.execPath));

/**
 * Returns what a sandboxed program sees. Hidden are the home of the gateway's user, the gateway's data and keys, temporary files of others, and
 * system services. Visible in them are the owner's folder, the program itself, and what runs it.
 */
export function visibilityOf(
  { cwd, readable, writable, words }: NeededPaths,
  folder: OwnerFolder,
  config: Config,
): Visibility {
  const home = homedir();
  const homes = ['/', '', TEMPORARY].includes(home) ? [] : [home];
  /** Whether nothing that is hidden, or is another one in the sandbox, becomes visible by the folder. */
  const isOpen = (folder: string): boolean =>
    ![...SYSTEM, ...SERVICES, TEMPORARY, ...homes].some((place) => folder === place || isInside(place, folder));
  const isOfGateway = cwd !== undefined && (cwd === GATEWAY || isInside(cwd, GATEWAY) || isInside(GATEWAY, cwd));
  const named = words.filter((word) => isAbsolute(word) && existsSync(word) && !isSecretPlace(word, config));
  // A folder that is to be changed stays so, also where the program lies in it, such as the Python of a new environment.
  const isWritable = (path: string): boolean => writable.some((place) => path === place || isInside(path, place));
  const hidden = [...homes, ...SERVICES, ...secretPlaces(config)];
  const places = [...hidden, TEMPORARY].map(realPath);
  return {
    hidden,
    readable: [
      ...hiddenCertificates((path) => places.some((place) => isInside(path, place))),
      ...(isOfGateway ? [cwd] : []),
      GATEWAY,
      NODE,
      ...named.flatMap((path) => besides(path, [...homes, TEMPORARY])).filter((path) => !isWritable(path)),
      ...readable,
    ],
    writable: [...(cwd === undefined || isOfGateway || !isOpen(cwd) ? [] : [cwd]), ...writable, folder.home],
    temporary: folder.temporary,
  };
}

/** Returns whether a path leads to data or keys of the gateway. Symbolic links are followed. */
export function isSecretPlace(path: string, config: Config): boolean {
  const real = realPath(path);
  return secretPlaces(config).some((place) => real === realPath(place) || isInside(real, realPath(place)));
}

const realPath = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path));

/** Files and folders of the gateway that no hosted program may read. */
function secretPlaces({ dataDir, packages, secrets }: Config): string[] {
  const { npmDir, pythonDir } = packages;
  const files = [join(GATEWAY, '.env'), ...(secrets.file === undefined ? [] : [secrets.file])];
  return [dataDir, npmDir, pythonDir, ...files];
}

/** A script usually loads files beside it. If it lies right in a hidden folder, it alone is visible. */
function besides(path: string, hidden: readonly string[]): string[] {
  const place = hidden.find((folder) => isInside(path, folder));
  if (place === undefined) return [];
  return [dirname(path) === resolve(place) ? path : dirname(path)];
}

/** Returns whether a path lies below a folder. */
export const isInside = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};
