import type { InstallProgress } from './install-progress.js';
import type { PackageRecord } from './package-record.js';

/** Package that an operator requests. */
export interface WantedPackage {
  readonly name: string;
  /** Version, range or tag. Default: the newest version. */
  readonly version?: string;
  /** Expected integrity. The install fails if the registry now has another one. */
  readonly integrity?: string;
  readonly allowScripts: boolean;
  readonly python?: PythonOptions;
}

export interface PythonOptions {
  /** Module to run. Default: the package's console script. */
  readonly module?: string;
  readonly dependencies: readonly string[];
  readonly indexUrl?: string;
  readonly extraIndexUrl?: string;
}

export interface InstalledPackage {
  readonly version: string;
  readonly integrity?: string;
  /** Why the publisher no longer recommends the version. */
  readonly deprecated?: string;
}

/** Start command of a package's server. The operator's own arguments follow it. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** Installs and starts packages of one kind. */
export interface PackageRuntime {
  readonly runtime: PackageRecord['runtime'];
  /**
   * Refuses an invalid name, version or module before anything is run.
   * @throws PackageNotAllowedError
   */
  check(wanted: WantedPackage): void;
  /** Returns whether the text is one exact version, not a range or tag. */
  isExact(version: string): boolean;
  /**
   * Installs the package with programs that run for the tenant.
   * @param folder folder that does not exist yet; the caller must remove it if this rejects
   * @throws InstallError
   */
  install(tenant: string, wanted: WantedPackage, folder: string, progress: InstallProgress): Promise<InstalledPackage>;
  /**
   * Returns the start command.
   * @param command command that the operator set, if any
   * @throws InstallError `no_entry`
   */
  launch(wanted: WantedPackage, folder: string, command?: string): Promise<Launch>;
  /**
   * Tells whether a start command runs a program of the package itself, not one of a dependency or of the machine.
   * @param launch what `launch` has returned for the package
   */
  runsPackage(wanted: WantedPackage, folder: string, launch: Launch): Promise<boolean>;
  /** Returns the newest version. @throws InstallError */
  latest(tenant: string, wanted: WantedPackage, signal: AbortSignal): Promise<string>;
}
