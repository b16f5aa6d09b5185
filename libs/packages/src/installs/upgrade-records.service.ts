import { Injectable } from '@nestjs/common';
import { ServerHost, type Replacement } from '@manifold/server-model';
import { LocalPackages } from './local-packages.service.js';
import type { InstalledVersion, PackageRecord } from '../model/package-record.js';
import { PackageRecords } from '../model/package-records.service.js';

/**
 * Records how far the upgrade of a package has come, and removes the files of the version that is not used any more. An upgrade that was
 * interrupted counts as done if the server's command refers to the new version; else it is undone.
 */
@Injectable()
export class UpgradeRecords {
  constructor(
    private readonly records: PackageRecords,
    private readonly host: ServerHost,
    private readonly local: LocalPackages,
  ) {}

  /** Returns the record of a package that has no unfinished upgrade any more. @throws ProblemError 404 */
  async current(tenant: string, serverName: string): Promise<PackageRecord> {
    return this.settle((await this.records.get(tenant, serverName)).value);
  }

  /** Completes or undoes an upgrade whose end was not recorded, according to the version that the server's command refers to. */
  async settle(record: PackageRecord): Promise<PackageRecord> {
    const { tenant, serverName, runtime, next } = record;
    if (!next) return record;
    const swapped = await this.isRunFrom(tenant, serverName, next.folder);
    const settled = await this.records.change(tenant, serverName, (now) =>
      swapped ? upgraded(now, next) : withoutNext(now),
    );
    await this.local.retire(runtime, [swapped ? record.current.folder : next.folder]);
    return settled;
  }

  async begin({ tenant, serverName }: PackageRecord, next: InstalledVersion): Promise<void> {
    await this.records.change(tenant, serverName, (now) => ({ ...now, next }));
  }

  /** Records that the server runs the new version. The old files are removed when nothing runs from them any more. */
  async complete(record: PackageRecord, next: InstalledVersion, { retired }: Replacement): Promise<void> {
    const { tenant, serverName, runtime, current } = record;
    await this.records.change(tenant, serverName, (now) => upgraded(now, next));
    void retired.then(() => this.local.retire(runtime, [current.folder]));
  }

  /**
   * Undoes a failed upgrade. If the failure came after the swap, the server runs the new version and its files must stay.
   * @param folder the folder of the new version
   * @returns whether its files can be removed
   */
  async undo({ tenant, serverName }: PackageRecord, folder: string): Promise<boolean> {
    if (await this.isRunFrom(tenant, serverName, folder).catch(() => true)) return false;
    await this.records.change(tenant, serverName, withoutNext).catch(() => undefined); // it may have been deleted meanwhile
    return true;
  }

  /** Returns whether the stored command of the server contains this folder name, whatever the machine. */
  private async isRunFrom(tenant: string, serverName: string, folder: string): Promise<boolean> {
    const transport = (await this.host.findStored(tenant, serverName))?.transport;
    return (
      transport?.transportType === 'stdio' &&
      [transport.command, ...transport.args].some((text) => text.includes(folder))
    );
  }
}

const upgraded = ({ ...record }: PackageRecord, next: InstalledVersion): PackageRecord => ({
  ...withoutNext(record),
  current: next,
  upgradedAt: new Date().toISOString(),
});

function withoutNext({ ...record }: PackageRecord): PackageRecord {
  delete record.next;
  return record;
}
