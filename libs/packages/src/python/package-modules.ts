import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { distInfos, distInfosOf } from './site-packages.js';

/**
 * Returns whether one of the packages contains a module that `python -m` can run. If the environment is not there, its packages are not known,
 * and the result is true.
 */
export async function containsModule(folder: string, packages: readonly string[], module: string): Promise<boolean> {
  if ((await distInfos(folder)).length === 0) return true;
  const files = await filesOf(folder, packages);
  return files.some((file) => isModule(file, module.replaceAll('.', '/')));
}

/** Returns the top modules of packages that `python -m` can run: those with `__main__.py`. */
export async function topModules(folder: string, packages: readonly string[]): Promise<string[]> {
  const files = await filesOf(folder, packages);
  const modules = files.map((file) => /^([A-Za-z_]\w*)\/__main__\.py$/.exec(file)?.[1]);
  return [...new Set(modules.filter((module) => module !== undefined))];
}

/** Returns the files of packages, from the lists that pip has written. */
async function filesOf(folder: string, packages: readonly string[]): Promise<string[]> {
  const own = await distInfosOf(folder, packages);
  const lists = await Promise.all(own.map((path) => readFile(join(path, 'RECORD'), 'utf8').catch(() => '')));
  return lists.flatMap((list) => list.split(/\r?\n/).map(fileIn));
}

/** @param line such as `server/main.py,sha256=...,120` */
const fileIn = (line: string): string => line.replace(/^"/, '').split(/"?,/, 1)[0]!;

function isModule(file: string, path: string): boolean {
  return (
    file === `${path}.py` || file === `${path}/__main__.py` || (file.startsWith(`${path}.`) && file.endsWith('.so'))
  );
}
