import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { InstallError } from '../model/install-error.js';
import { mainOf } from './package-main.js';

/** Program of a package. */
export interface PackageEntry {
  /** Name in `bin`; for the main module, the package's name without its scope. */
  readonly name: string;
  /** Path relative to the folder of the package. */
  readonly path: string;
}

const MAX_MANIFEST_BYTES = 1024 * 1024;
/** Pattern of accepted names in `bin`. Other entries are ignored. */
const BIN_NAME = /^[\w.-]{1,100}$/;

/**
 * Returns the programs of an installed package that Node can run: the entries of `bin`, or else the main module.
 * @param folder folder of the install; the package is in its `node_modules`
 * @throws InstallError `no_entry` if its package.json cannot be read
 */
export async function entriesOf(folder: string, name: string): Promise<PackageEntry[]> {
  const manifest = await manifestOf(folder, name);
  const bins = binsOf(manifest, name);
  if (bins.length > 0) return bins;
  const path = await mainOf(packageFolder(folder, name), manifest);
  return path === undefined ? [] : [{ name: unscoped(name), path }];
}

/**
 * Returns the file that Node runs to start the package: the wanted entry; without `wanted`, the entry with the package's name, or else the
 * only entry.
 * @param wanted name in the package's `bin`
 * @returns an absolute path without symbolic links
 * @throws InstallError `no_entry`
 */
export async function entryOf(folder: string, name: string, wanted?: string): Promise<string> {
  const entries = await entriesOf(folder, name);
  const only = entries.length === 1 ? entries[0] : undefined;
  const entry =
    entries.find((each) => each.name === (wanted ?? unscoped(name))) ?? (wanted === undefined ? only : undefined);
  if (!entry) throw noEntry(name, wanted, entries);
  return insideOf(packageFolder(folder, name), entry, name);
}

const packageFolder = (folder: string, name: string): string => join(folder, 'node_modules', name);

const unscoped = (name: string): string => name.slice(name.indexOf('/') + 1);

async function manifestOf(folder: string, name: string): Promise<Record<string, unknown>> {
  const file = join(packageFolder(folder, name), 'package.json');
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile() || info.size > MAX_MANIFEST_BYTES) throw fault(`${name} has no package.json that can be read`);
  try {
    const manifest: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof manifest === 'object' && manifest !== null) return manifest as Record<string, unknown>;
  } catch {
    // handled below, like JSON that is not an object
  }
  throw fault(`The package.json of ${name} is not a JSON object`);
}

function binsOf({ bin }: Record<string, unknown>, name: string): PackageEntry[] {
  if (typeof bin === 'string') return [{ name: unscoped(name), path: bin }];
  if (typeof bin !== 'object' || bin === null) return [];
  return Object.entries(bin)
    .filter((entry): entry is [string, string] => BIN_NAME.test(entry[0]) && typeof entry[1] === 'string')
    .map(([binName, path]) => ({ name: binName, path }));
}

/** Returns the real path of an entry. Refuses paths and symbolic links that lead out of the package: a package may contain any of them. */
async function insideOf(packageDir: string, entry: PackageEntry, name: string): Promise<string> {
  const file = await realpath(join(packageDir, entry.path)).catch(() => undefined);
  const info = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !info?.isFile()) throw fault(`"${entry.name}" of ${name} is a file that does not exist`);
  if (!file.startsWith(`${await realpath(packageDir)}${sep}`))
    throw fault(`"${entry.name}" of ${name} is outside of the package`);
  return file;
}

function noEntry(name: string, wanted: string | undefined, entries: readonly PackageEntry[]): InstallError {
  if (entries.length === 0) return fault(`${name} has nothing to run: neither "bin" nor a main module`);
  const choices = entries.map((entry) => `"${entry.name}"`).join(', ');
  return fault(
    `${name} has ${wanted === undefined ? 'several programs' : 'no such program'}: choose one of ${choices}`,
  );
}

const fault = (message: string): InstallError => new InstallError('no_entry', message);
