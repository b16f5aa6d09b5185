import { Injectable } from '@nestjs/common';
import PQueue from 'p-queue';
import semver from 'semver';
import { InstallError } from './install-error.js';
import { PackageFolders } from './package-folders.js';
import type { PackageRecord } from './package-record.js';
import { PackageRecords } from './package-records.service.js';
import { PackageRuntimes } from './package-runtimes.js';

const AT_A_TIME = 8;

/** A package after its newest version was asked for. */
export interface CheckedPackage {
  readonly record: PackageRecord;
  /** Why the newest version is not known. */
  readonly fault?: string;
}

/** Asks the registries for newer versions: eight packages at a time, over all who ask. */
@Injectable()
export class PackageUpdates {
  private readonly queue = new PQueue({ concurrency: AT_A_TIME });

  constructor(
    private readonly records: PackageRecords,
    private readonly runtimes: PackageRuntimes,
    private readonly folders: PackageFolders,
  ) {}

  /**
   * One package that cannot be checked does not stop the others.
   * @param onChecked is told after each how many are done
   */
  async check(
    records: readonly PackageRecord[],
    signal: AbortSignal,
    onChecked: (done: number) => void = () => undefined,
  ): Promise<CheckedPackage[]> {
    let done = 0;
    const checkOne = async (record: PackageRecord): Promise<CheckedPackage> => {
      const checked = await this.checkOne(record, signal);
      onChecked(++done);
      return checked;
    };
    return Promise.all(records.map((record) => this.queue.add(() => checkOne(record))));
  }

  private async checkOne(record: PackageRecord, signal: AbortSignal): Promise<CheckedPackage> {
    const { tenant, serverName, runtime, current } = record;
    signal.throwIfAborted();
    try {
      const folder = this.folders.path(runtime, current.folder);
      const latestVersion = await this.runtimes.get(runtime).latest(await this.runtimes.wanted(record), folder, signal);
      if (latestVersion === record.latestVersion) return { record };
      return { record: await this.records.change(tenant, serverName, (now) => ({ ...now, latestVersion })) };
    } catch (error) {
      if (error instanceof InstallError) return { record, fault: error.message };
      throw error;
    }
  }
}

/** Whether another version than the current one is the newest. */
export function isNewer({ current }: PackageRecord, latest: string | undefined): boolean {
  if (latest === undefined || latest === current.version) return false;
  const [before, after] = [comparable(current.version), comparable(latest)];
  if (!before || !after) return true;
  return semver.eq(before, after) || semver.gt(after, before);
}

/** Python's versions (PEP 440) are compared by their numbers: of two that differ in the rest alone, the newest is the one the index says. */
const comparable = (version: string): semver.SemVer | null => semver.parse(version) ?? semver.coerce(version);
