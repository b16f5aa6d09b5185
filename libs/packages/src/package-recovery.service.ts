import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ServerHost } from '@manifold/server-hosting';
import { unfollowed } from './install-progress.js';
import { PackageFolders } from './package-folders.js';
import type { PackageRecord } from './package-record.js';
import { PackageRecords } from './package-records.service.js';
import { PackageDeletions } from './package-deletions.service.js';
import { PackageRuntimes } from './package-runtimes.js';
import { PackageUpgrades } from './package-upgrades.service.js';
import { PackageWork } from './package-work.js';

/**
 * Puts right what a killed gateway left, before any server is started: installs that were never registered and what is
 * left of deletions go, upgrades count from the moment at which the server has swapped. Once the port is open, packages whose files are missing
 * (a new machine, an emptied folder) are installed again in the version they had.
 */
@Injectable()
export class PackageRecovery implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(PackageRecovery.name);
  private readonly ended = new AbortController();

  constructor(
    private readonly records: PackageRecords,
    private readonly folders: PackageFolders,
    private readonly runtimes: PackageRuntimes,
    private readonly deletions: PackageDeletions,
    private readonly upgrades: PackageUpgrades,
    private readonly work: PackageWork,
    private readonly host: ServerHost,
    private readonly http: HttpAdapterHost,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const kept: PackageRecord[] = [];
    for (const { value } of await this.records.all()) {
      const record = await this.recover(value);
      if (record) kept.push(record);
    }
    const used = new Set(kept.map(({ current }) => current.folder));
    await Promise.all([this.folders.sweep('node', used), this.folders.sweep('python', used)]);
    const missing = kept.filter(({ runtime, current }) => !this.folders.isThere(runtime, current.folder));
    this.http.listen$.subscribe(() => void Promise.all(missing.map((record) => this.restore(record))));
  }

  onApplicationShutdown(): void {
    const reason = new Error('The gateway stops');
    this.ended.abort(reason);
    this.work.cancelAll(reason);
  }

  /** @returns the record as it is from now on; undefined when it is gone */
  private async recover(record: PackageRecord): Promise<PackageRecord | undefined> {
    const { tenant, serverName } = record;
    if (this.host.find(tenant, serverName)) return this.upgrades.settled(record);
    await this.deletions.uninstall(tenant, serverName);
    return undefined;
  }

  private async restore(record: PackageRecord): Promise<void> {
    const { tenant, serverName, runtime, current } = record;
    try {
      await this.work.exclusively(tenant, serverName, this.ended.signal, async (signal) => {
        const wanted = { ...(await this.runtimes.wanted(record, current.version)), integrity: current.integrity };
        const staging = await this.folders.create(runtime, serverName);
        await this.runtimes.get(runtime).install(wanted, this.folders.path(runtime, staging), unfollowed(signal));
        await this.folders.move(runtime, staging, current.folder);
        if (this.host.find(tenant, serverName)?.enabled) await this.host.enable(tenant, serverName);
      });
      this.logger.log({ msg: 'the missing files of a package were installed again', tenant, server: serverName });
    } catch (err) {
      if (this.ended.signal.aborted) return;
      this.logger.error({ msg: 'a package whose files are missing could not be installed', server: serverName, err });
    }
  }
}
