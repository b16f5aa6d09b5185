import { Injectable } from '@nestjs/common';
import { AllowedPackages } from './allowed-packages.js';
import { endedBy, type InstallProgress } from '../model/install-progress.js';
import { LocalPackages } from './local-packages.service.js';
import { PackageFolders } from '../model/package-folders.js';
import type { InstalledVersion, PackageRecord } from '../model/package-record.js';
import type { WantedPackage } from '../model/package-runtime.js';
import { PackageRuntimes } from './package-runtimes.js';
import { PackageWork } from './package-work.js';

/** Version of a package to install, and the server that will run it. */
export interface WantedVersion {
  readonly tenant: string;
  readonly serverName: string;
  readonly runtime: PackageRecord['runtime'];
  readonly wanted: WantedPackage;
  /** Command that the operator set to choose a program of the package. */
  readonly command?: string;
}

/** Version that was installed on this machine. */
export type NewVersion = InstalledVersion & { path: string };

/** The steps in which a first install and an upgrade differ, in the order in which they run. */
export interface RolloutSteps {
  /** Returns whether the server is a process of the gateway, so that the version needs a start command. */
  isProcess(): boolean;
  /** Records the version. From then on, other replicas install it too. */
  record(version: NewVersion): Promise<void>;
  /** Makes the server run the version. */
  start(version: NewVersion): Promise<void>;
  /** Undoes the record after an error. @returns whether nothing uses the files any more */
  undo(folder: string): Promise<boolean>;
}

/**
 * Rolls out versions of packages: what first installs and upgrades have in common. The files go into a new folder that no record refers
 * to. After an error they are removed at once; if the gateway is killed, at its next start.
 */
@Injectable()
export class PackageRollouts {
  constructor(
    private readonly work: PackageWork,
    private readonly runtimes: PackageRuntimes,
    private readonly folders: PackageFolders,
    private readonly local: LocalPackages,
    private readonly allowed: AllowedPackages,
  ) {}

  /** Checks a package before any work starts. @throws PackageNotAllowedError; ProblemError 403 */
  check(tenant: string, runtime: PackageRecord['runtime'], wanted: WantedPackage): void {
    this.runtimes.get(runtime).check(wanted);
    this.allowed.check(tenant, runtime, wanted);
  }

  /**
   * Runs a task on the package of a server. The progress that the task gets also ends when the task is cancelled.
   * @throws ProblemError 409 `package_busy` while another task of this server is running
   */
  async begin(
    tenant: string,
    serverName: string,
    progress: InstallProgress,
    task: (progress: InstallProgress) => Promise<void>,
  ): Promise<void> {
    await this.work.exclusively(tenant, serverName, progress.signal, (signal) => task(endedBy(signal, progress)));
  }

  /**
   * Installs a version, records it, lets the other replicas install it, and makes the server run it.
   * @throws InstallError; the errors of the steps
   */
  async rollOut(version: WantedVersion, steps: RolloutSteps, progress: InstallProgress): Promise<void> {
    const { tenant, serverName, runtime } = version;
    const folder = await this.folders.create(runtime, serverName);
    const release = this.folders.hold(runtime, folder);
    try {
      const installed = await this.install(version, steps, folder, progress);
      progress.signal.throwIfAborted();
      await steps.record(installed);
      await this.local.prefetchOnReplicas({ tenant, serverName }, progress.signal);
      await steps.start(installed);
    } catch (error) {
      release();
      if (await steps.undo(folder)) await this.local.retire(runtime, [folder]);
      throw error;
    } finally {
      release();
    }
  }

  private async install(
    { tenant, runtime: kind, wanted, command }: WantedVersion,
    steps: RolloutSteps,
    folder: string,
    progress: InstallProgress,
  ): Promise<NewVersion> {
    const runtime = this.runtimes.get(kind);
    const path = this.folders.path(kind, folder);
    const installed = await runtime.install(tenant, wanted, path, progress);
    if (!steps.isProcess()) return { folder, ...installed, path };
    const launch = await runtime.launch(wanted, path, command);
    return { folder, ...installed, path, launch: { command: launch.command, args: [...launch.args] } };
  }
}
