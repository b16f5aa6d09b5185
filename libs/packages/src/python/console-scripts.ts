import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InstallError } from '../model/install-error.js';
import { topModules } from './package-modules.js';
import { distInfosOf, normalizedName } from './site-packages.js';

const MAX_FILE_BYTES = 1024 * 1024;
/** Number of characters of a line that are read. */
const LONGEST_LINE = 1024;
/** Where a script begins: `package.module:function`, perhaps with extras after it. */
const FUNCTION = /^[\w.]+ ?: ?[\w.]+/;
const SCRIPT_NAME = /^[\w.-]{1,100}$/;

/** Start of a package: one of its console scripts, by its path, or a module with `__main__.py`. */
export type PythonProgram = { readonly script: string } | { readonly module: string };

/**
 * Returns the console scripts that packages declare in `entry_points.txt` (Python packaging, "Entry points specification").
 * @returns their names, in the order of the packages
 */
export async function consoleScriptsOf(folder: string, packages: readonly string[]): Promise<string[]> {
  const infos = await distInfosOf(folder, packages);
  const names = await Promise.all(infos.map(async (info) => scriptsIn(await textOf(join(info, 'entry_points.txt')))));
  return [...new Set(names.flat())];
}

/**
 * Finds the program of a package. Without `wanted`, it is the script with the package's name, as for `uvx`, or else its only script. A package
 * without scripts is started by its module with the package's name, or else by its only module that can be run.
 * @param packages the package, and further ones whose scripts may be wanted
 * @throws InstallError `no_entry`
 */
export async function pythonProgramOf(
  folder: string,
  [name, ...further]: readonly [string, ...string[]],
  wanted?: string,
): Promise<PythonProgram> {
  if (wanted !== undefined) {
    const scripts = await consoleScriptsOf(folder, [name, ...further]);
    if (scripts.includes(wanted)) return { script: await scriptFile(folder, wanted) };
    throw choices(name, `no console script "${wanted}"`, scripts, '"command"');
  }
  const scripts = await consoleScriptsOf(folder, [name]);
  const script = namedOrOnly(scripts, name);
  if (script !== undefined) return { script: await scriptFile(folder, script) };
  if (scripts.length > 0) throw choices(name, 'several console scripts', scripts, '"command"');
  const modules = await topModules(folder, [name]);
  const module = namedOrOnly(modules, name);
  if (module !== undefined) return { module };
  if (modules.length > 0) throw choices(name, 'several modules to run', modules, '"pythonModule"');
  const why = 'neither a console script nor a module with __main__.py: set "pythonModule" to the module to run';
  throw new InstallError('no_entry', `${name} has nothing to run: ${why}`);
}

const namedOrOnly = (names: readonly string[], name: string): string | undefined =>
  names.find((each) => normalizedName(each) === normalizedName(name)) ?? (names.length === 1 ? names[0] : undefined);

/** Returns the file that pip has made for a script. */
async function scriptFile(folder: string, name: string): Promise<string> {
  const file = join(folder, 'bin', name);
  const info = await stat(file).catch(() => undefined);
  if (info?.isFile()) return file;
  throw new InstallError('no_entry', `The console script "${name}" is a file that does not exist`);
}

function choices(name: string, what: string, known: readonly string[], field: string): InstallError {
  if (known.length === 0) return new InstallError('no_entry', `${name} has ${what}, and no other`);
  const list = known.map((each) => `"${each}"`).join(', ');
  return new InstallError('no_entry', `${name} has ${what}: set ${field} to one of ${list}`);
}

/** Reads the names below `[console_scripts]`. The file has the form of an INI file whose keys keep their case. */
export function scriptsIn(content: string): string[] {
  const names: string[] = [];
  let isInSection = false;
  for (const line of content.split('\n')) {
    const text = line.slice(0, LONGEST_LINE).trim();
    if (text.startsWith('[')) {
      isInSection = text === '[console_scripts]';
      continue;
    }
    const equals = text.indexOf('=');
    const name = text.slice(0, equals).trimEnd();
    if (isInSection && equals > 0 && SCRIPT_NAME.test(name) && FUNCTION.test(text.slice(equals + 1).trim()))
      names.push(name);
  }
  return names;
}

/** @returns an empty text if the file is missing or too large */
async function textOf(file: string): Promise<string> {
  const info = await stat(file).catch(() => undefined);
  return info?.isFile() && info.size <= MAX_FILE_BYTES ? readFile(file, 'utf8') : '';
}
