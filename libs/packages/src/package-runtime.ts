import type { InstallProgress } from './install-progress.js';
import type { PackageRecord } from './package-record.js';

/** A package that an operator asks for. */
export interface WantedPackage {
  readonly name: string;
  /** A version, a range or a tag; the newest unless given. */
  readonly version?: string;
  /** Refuses a package that is not this one any more. */
  readonly integrity?: string;
  readonly allowScripts: boolean;
  readonly python?: PythonWishes;
}

export interface PythonWishes {
  readonly module: string;
  readonly dependencies: readonly string[];
  readonly indexUrl?: string;
  readonly extraIndexUrl?: string;
}

export interface InstalledPackage {
  readonly version: string;
  readonly integrity?: string;
}

/** How the server of a package is started; the operator's own arguments follow. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** What one kind of package is installed and run with. */
export interface PackageRuntime {
  readonly runtime: PackageRecord['runtime'];
  /**
   * Refuses what is no name, version or module, before anything is run.
   * @throws NotAllowed
   */
  check(wanted: WantedPackage): void;
  /** Whether this names one version: no range, no tag. */
  isExact(version: string): boolean;
  /**
   * @param folder does not exist yet; whoever called removes it when this rejects
   * @throws InstallError
   */
  install(wanted: WantedPackage, folder: string, progress: InstallProgress): Promise<InstalledPackage>;
  /**
   * @param command what the operator named, if anything
   * @throws InstallError `no_entry`
   */
  launch(wanted: WantedPackage, folder: string, command?: string): Promise<Launch>;
  /** The newest version. @throws InstallError */
  latest(wanted: WantedPackage, folder: string, signal: AbortSignal): Promise<string>;
}
