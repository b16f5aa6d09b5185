import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Bus } from '@manifold/bus';
import { Problem } from '@manifold/rest';
import { ServerHost } from '@manifold/server-hosting';
import { PackageDeletions } from './package-deletions.service.js';
import { PackageFolders } from './package-folders.js';
import type { PackageRecord } from './package-record.js';
import { PackageRecords } from './package-records.service.js';
import { PackageUpgrades } from './package-upgrades.service.js';
import { PackageWork } from './package-work.js';

/**
 * Puts right what a killed gateway left: installs that were never registered and what is left of deletions go, upgrades count from the
 * moment at which the server has swapped, and what lies in the folders of this machine without being recorded goes.
 *
 * The only process does so before any server is started. Among replicas what looks unfinished may be the work of another one that
 * lives: it is left to that one, and finding out takes as long as its lease, which holds up no start.
 */
@Injectable()
export class PackageRecovery implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(PackageRecovery.name);
  private readonly ended = new AbortController();

  constructor(
    private readonly records: PackageRecords,
    private readonly folders: PackageFolders,
    private readonly deletions: PackageDeletions,
    private readonly upgrades: PackageUpgrades,
    private readonly work: PackageWork,
    private readonly host: ServerHost,
    private readonly bus: Bus,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const records = (await this.records.all()).map(({ value }) => value);
    const unfinished = records.filter((record) => this.isUnfinished(record));
    if (!this.bus.isShared) await Promise.all(unfinished.map((record) => this.recover(record)));
    const used = new Set((await this.records.all()).flatMap(({ value }) => foldersOf(value)));
    await Promise.all([this.folders.sweep('node', used), this.folders.sweep('python', used)]);
    if (this.bus.isShared) for (const record of unfinished) void this.recoverAmongReplicas(record);
  }

  onApplicationShutdown(): void {
    this.ended.abort(new Error('The gateway stops'));
  }

  private isUnfinished({ tenant, serverName, next }: PackageRecord): boolean {
    return next !== undefined || !this.host.find(tenant, serverName);
  }

  private async recover({ tenant, serverName }: PackageRecord): Promise<void> {
    await this.work.exclusively(tenant, serverName, this.ended.signal, async () => {
      const stored = await this.records.find(tenant, serverName);
      if (!stored) return;
      if (await this.host.findStored(tenant, serverName)) await this.upgrades.settled(stored.value);
      else await this.deletions.forget(tenant, serverName);
    });
  }

  /** Never rejects. */
  private async recoverAmongReplicas(record: PackageRecord): Promise<void> {
    try {
      await this.recover(record);
    } catch (err) {
      const isOthersWork = err instanceof Problem && err.code === 'package_busy';
      if (isOthersWork || this.ended.signal.aborted) return;
      this.logger.error({
        msg: 'what is left of work on a package could not be put right',
        server: record.serverName,
        err,
      });
    }
  }
}

const foldersOf = ({ current, next }: PackageRecord): string[] =>
  next ? [current.folder, next.folder] : [current.folder];
