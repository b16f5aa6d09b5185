import type { CollectionSpec } from '@manifold/store';

/** Installed version of a package, in a separate folder. */
export type InstalledVersion = {
  /** Folder name below the folder of the runtime. */
  folder: string;
  version: string;
  /** npm only: integrity of the tarball, `sha512-...`. */
  integrity?: string;
  /** npm only: why the publisher no longer recommends the version. */
  deprecated?: string;
  /** Path on the machine that installed it first. The command of the server may contain this path. */
  path?: string;
  /** Start command of the version. Installs from releases without replicas have neither `path` nor `launch`. */
  launch?: { command: string; args: string[] };
};

/** Python-specific part of a package record. */
export type PythonDetails = {
  /** Not set: a console script of the package runs. */
  module?: string;
  dependencies: string[];
  /** Id of the key that encrypts the index URLs. They are encrypted because they may contain credentials. */
  keyId?: string;
  sealedIndexUrl?: string;
  sealedExtraIndexUrl?: string;
};

/** Package that was installed for one registered server. The server's record has its settings and whether it is enabled. */
export type PackageRecord = {
  tenant: string;
  serverName: string;
  /** Name of the package. */
  name: string;
  runtime: 'node' | 'python';
  /** Version that the server runs. */
  current: InstalledVersion;
  /** Version of an upgrade that is running or was interrupted. */
  next?: InstalledVersion;
  /** Command that the operator set to choose a program of the package. */
  command?: string;
  allowScripts: boolean;
  python?: PythonDetails;
  /** Newest version that the gateway knows of. */
  latestVersion?: string;
  /** Time of the install (ISO 8601). */
  installedAt: string;
  upgradedAt?: string;
};

export const PACKAGES: CollectionSpec<PackageRecord> = {
  name: 'packages',
  indexes: [{ fields: ['tenant', 'serverName'], unique: true }, { fields: ['tenant', 'name'] }, { fields: ['tenant'] }],
};
