import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { distInfos, normalizedName } from './site-packages.js';

/**
 * Returns whether one of the packages contains a module that `python -m` can run. It reads the list of files that pip has written for each
 * package. If the environment is not there, its packages are not known, and the result is true.
 */
export async function containsModule(folder: string, packages: readonly string[], module: string): Promise<boolean> {
  const infos = await distInfos(folder);
  if (infos.length === 0) return true;
  const wanted = new Set(packages.map(normalizedName));
  const own = infos.filter((path) => wanted.has(normalizedName(nameOf(path))));
  const lists = await Promise.all(own.map((path) => readFile(join(path, 'RECORD'), 'utf8').catch(() => '')));
  return lists.some((list) => list.split(/\r?\n/).some((line) => isModule(line, module.replaceAll('.', '/'))));
}

const nameOf = (distInfo: string): string => /([^/]+)-[^-/]+\.dist-info$/.exec(distInfo)?.[1] ?? '';

/** @param line such as `server/main.py,sha256=...,120` */
function isModule(line: string, path: string): boolean {
  const file = line.replace(/^"/, '').split(/"?,/, 1)[0]!;
  return (
    file === `${path}.py` || file === `${path}/__main__.py` || (file.startsWith(`${path}.`) && file.endsWith('.so'))
  );
}
