import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { certificateEnvironment } from '@manifold/config';
import { closedFolderAbove } from './closed-folder.js';

/**
 * Returns the certificates that the operator has given to all programs, as far as they lie in hidden places.
 *
 * Bubblewrap cannot mount over a link. A link that can be seen is followed in the sandbox as outside, so what it leads to is mounted. In a hidden
 * place there is nothing yet, so every name can be mounted there. A folder in which a hidden place lies stays as it is. So does what the
 * program's user cannot reach: bubblewrap would refuse to start the program.
 * @param isHidden tells whether a path lies below a hidden place
 */
export function hiddenCertificates(isHidden: (path: string) => boolean): string[] {
  const given = Object.values(certificateEnvironment()).flatMap((value) => [value, ...value.split(delimiter)]);
  const names = given.filter((path) => isAbsolute(path)).flatMap((path) => reachableNames(resolve(path)));
  return [...new Set(names)].filter(isHidden);
}

const isReachable = (path: string): boolean => closedFolderAbove(path) === undefined;

/** Returns the names of a file or folder; none if it does not exist, or if programs cannot reach it. */
function reachableNames(path: string): string[] {
  try {
    const real = realpathSync(path);
    const names = namesOf(path);
    // A gateway that is not root runs programs as its own user.
    return process.getuid?.() !== 0 || [real, ...names].every(isReachable) ? names : [];
  } catch {
    return [];
  }
}

/** Returns a path as it is given, then without links to its folder, then what it leads to if it is a link, in the same way. */
function namesOf(path: string): string[] {
  const place = join(realpathSync(dirname(path)), basename(path));
  if (!lstatSync(place).isSymbolicLink()) return [path, place];
  return [path, place, ...namesOf(resolve(dirname(place), readlinkSync(place)))];
}
