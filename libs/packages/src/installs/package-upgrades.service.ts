import { Injectable } from '@nestjs/common';
import type { InstallProgress } from '../model/install-progress.js';
import type { PackageRecord } from '../model/package-record.js';
import { PackageRollouts, type RolloutSteps } from './package-rollouts.service.js';
import { PackageRuntimes } from './package-runtimes.js';
import { PackageUpdates } from './package-updates.service.js';
import { ServerSwaps } from './server-swaps.service.js';
import { UpgradeRecords } from './upgrade-records.service.js';

/**
 * Upgrades the packages of running servers.
 *
 * 1. The new version is installed beside the old one; 2. it is recorded as `next`; 3. the server swaps to it, once it has answered
 * `initialize`; 4. it becomes `current`, and the old files are removed when they are no longer in use. After a failure before the swap,
 * the old version keeps running. If the gateway is killed between 3 and 4, its next start finds out which version the server has.
 */
@Injectable()
export class PackageUpgrades {
  constructor(
    private readonly rollouts: PackageRollouts,
    private readonly runtimes: PackageRuntimes,
    private readonly records: UpgradeRecords,
    private readonly updates: PackageUpdates,
    private readonly swaps: ServerSwaps,
  ) {}

  /**
   * Upgrades the package of a server. Without effect if the requested version already runs.
   * @param version version, range or tag; default: the newest version
   * @throws ProblemError 403, 404, 409 `package_busy`, 422 `upgrade_failed` if the new version does not start;
   *   InstallError; PackageNotAllowedError
   */
  async upgrade(
    tenant: string,
    serverName: string,
    version: string | undefined,
    progress: InstallProgress,
  ): Promise<void> {
    await this.rollouts.begin(tenant, serverName, progress, async (own) => {
      const record = await this.records.current(tenant, serverName);
      this.rollouts.check(tenant, record.runtime, await this.runtimes.wanted(record, version));
      await this.swaps.checkPolicy(record);
      const target = version ?? (await this.updates.refresh(record, own.signal)).latestVersion;
      if (target !== record.current.version) await this.upgradeTo(record, target, own);
    });
  }

  private async upgradeTo(record: PackageRecord, target: string, progress: InstallProgress): Promise<void> {
    const { tenant, serverName, runtime, command } = record;
    const steps: RolloutSteps = {
      isProcess: () => this.swaps.isProcess(record),
      record: (next) => this.records.begin(record, next),
      start: async (next) => {
        progress.onStep(90, `starting version ${next.version}`);
        await this.records.complete(record, next, await this.swaps.swap(record, next, progress.signal));
      },
      undo: (folder) => this.records.undo(record, folder),
    };
    const wanted = await this.runtimes.wanted(record, target);
    await this.rollouts.rollOut({ tenant, serverName, runtime, wanted, command }, steps, progress);
  }
}
