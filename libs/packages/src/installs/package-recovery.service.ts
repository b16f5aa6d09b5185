import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Bus } from '@manifold/bus';
import { ProblemError } from '@manifold/rest';
import { PackageFolders } from '../model/package-folders.js';
import type { PackageRecord } from '../model/package-record.js';
import { PackageRecords } from '../model/package-records.service.js';
import { UnfinishedWork } from './unfinished-work.service.js';

/**
 * Cleans up after a killed gateway: it finishes the work that was left, and removes install folders on this machine without a record.
 *
 * A single process does this before it starts any server. With replicas, unfinished work may belong to another, running replica and is
 * then left to it. Finding out may take as long as that replica's lease, so it runs in the background and delays no start.
 */
@Injectable()
export class PackageRecovery implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(PackageRecovery.name);
  private readonly ended = new AbortController();

  constructor(
    private readonly records: PackageRecords,
    private readonly folders: PackageFolders,
    private readonly unfinished: UnfinishedWork,
    private readonly bus: Bus,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const records = (await this.records.all()).map(({ value }) => value);
    const unfinished = records.filter((record) => this.unfinished.isLeft(record));
    if (!this.bus.isShared)
      await Promise.all(unfinished.map((record) => this.unfinished.finish(record, this.ended.signal)));
    const used = new Set((await this.records.all()).flatMap(({ value }) => foldersOf(value)));
    await Promise.all([this.folders.sweep('node', used), this.folders.sweep('python', used)]);
    if (this.bus.isShared) for (const record of unfinished) void this.recoverAmongReplicas(record);
  }

  onApplicationShutdown(): void {
    this.ended.abort(new Error('The gateway is shutting down'));
  }

  /** Never rejects. */
  private async recoverAmongReplicas(record: PackageRecord): Promise<void> {
    try {
      await this.unfinished.finish(record, this.ended.signal);
    } catch (err) {
      const isOthersWork = err instanceof ProblemError && err.code === 'package_busy';
      if (isOthersWork || this.ended.signal.aborted) return;
      this.logger.error({
        msg: 'failed to recover an interrupted install or upgrade',
        server: record.serverName,
        err,
      });
    }
  }
}

const foldersOf = ({ current, next }: PackageRecord): string[] =>
  next ? [current.folder, next.folder] : [current.folder];
