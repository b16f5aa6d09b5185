import type { CollectionSpec } from '@manifold/store';

/** One installed version, in a folder of its own. */
export type InstalledVersion = {
  /** Its name below the folder of the runtime. */
  folder: string;
  version: string;
  /** npm: of the tarball, `sha512-...`. */
  integrity?: string;
  /** Where it lay on the machine that installed it first: the command of the server may name this path. */
  path?: string;
  /** How the command of the server starts it. Installs from before there were replicas have neither. */
  launch?: { command: string; args: string[] };
};

/** What a Python package is run with, besides its name. */
export type PythonDetails = {
  module: string;
  dependencies: string[];
  /** Index URLs may hold credentials: sealed under the key with this id. */
  keyId?: string;
  sealedIndexUrl?: string;
  sealedExtraIndexUrl?: string;
};

/** A package that was installed for one registered server. Whether that is enabled, and its settings, is with the server. */
export type PackageRecord = {
  tenant: string;
  serverName: string;
  /** Of the package. */
  name: string;
  runtime: 'node' | 'python';
  /** What the server runs. */
  current: InstalledVersion;
  /** An upgrade that has begun and did not end yet, or never will. */
  next?: InstalledVersion;
  /** What the operator named as the command, where that says which program of the package to run. */
  command?: string;
  allowScripts: boolean;
  python?: PythonDetails;
  /** The newest version, as far as the gateway knows. */
  latestVersion?: string;
  /** ISO 8601. */
  installedAt: string;
  upgradedAt?: string;
};

export const PACKAGES: CollectionSpec<PackageRecord> = {
  name: 'packages',
  indexes: [{ fields: ['tenant', 'serverName'], unique: true }, { fields: ['tenant', 'name'] }, { fields: ['tenant'] }],
};
