import { Injectable } from '@nestjs/common';
import { ServerHost } from '@manifold/server-model';
import { PackageDeletions } from './package-deletions.service.js';
import type { PackageRecord } from '../model/package-record.js';
import { PackageRecords } from '../model/package-records.service.js';
import { PackageWork } from './package-work.js';
import { UpgradeRecords } from './upgrade-records.service.js';

/**
 * Finishes work on a package that a killed gateway has left. It removes a package without a server (interrupted install or deletion), and
 * completes or undoes an interrupted upgrade.
 */
@Injectable()
export class UnfinishedWork {
  constructor(
    private readonly records: PackageRecords,
    private readonly host: ServerHost,
    private readonly upgrades: UpgradeRecords,
    private readonly deletions: PackageDeletions,
    private readonly work: PackageWork,
  ) {}

  isLeft({ tenant, serverName, next }: PackageRecord): boolean {
    return next !== undefined || !this.host.find(tenant, serverName);
  }

  /** @throws ProblemError 409 `package_busy` if the work is not left behind, but is still running */
  async finish({ tenant, serverName }: PackageRecord, signal: AbortSignal): Promise<void> {
    await this.work.exclusively(tenant, serverName, signal, async () => {
      const stored = await this.records.find(tenant, serverName);
      if (!stored) return;
      if (await this.host.findStored(tenant, serverName)) await this.upgrades.settle(stored.value);
      else await this.deletions.forget(tenant, serverName);
    });
  }
}
