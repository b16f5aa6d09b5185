import type { PackageRecord } from '../../model/package-record.js';

type DataFiles = Readonly<Record<string, string>>;

/** Packages that keep what must last beside their own code unless an environment variable names another place. */
const DATA_FILES: Readonly<Record<PackageRecord['runtime'], ReadonlyMap<string, DataFiles>>> = {
  node: new Map([['@modelcontextprotocol/server-memory', { MEMORY_FILE_PATH: 'memory.jsonl' }]]),
  python: new Map(),
};

/**
 * Returns the environment variables with which the package keeps its files in the data folder of its server, each with the path below that
 * folder. The files then outlast an upgrade of the package.
 */
export const dataFilesOf = (runtime: PackageRecord['runtime'], name: string): DataFiles | undefined =>
  DATA_FILES[runtime].get(name);
