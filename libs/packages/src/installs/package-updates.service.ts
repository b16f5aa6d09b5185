import { Injectable } from '@nestjs/common';
import PQueue from 'p-queue';
import semver from 'semver';
import { InstallError } from '../model/install-error.js';
import type { PackageRecord } from '../model/package-record.js';
import { PackageRecords } from '../model/package-records.service.js';
import { PackageRuntimes } from './package-runtimes.js';

const AT_A_TIME = 8;

/** Package after the check for its newest version. */
export interface CheckedPackage {
  readonly record: PackageRecord;
  /** Reason why the newest version is not known. */
  readonly fault?: string;
}

/** Asks the registries for newer versions, for at most eight packages at a time over all callers. */
@Injectable()
export class PackageUpdates {
  private readonly queue = new PQueue({ concurrency: AT_A_TIME });

  constructor(
    private readonly records: PackageRecords,
    private readonly runtimes: PackageRuntimes,
  ) {}

  /**
   * Checks packages. If one cannot be checked, the others are still checked.
   * @param onChecked called after each package with the number of checked packages
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

  /** Asks the registry for the newest version of a package and records it. @throws InstallError */
  async refresh(record: PackageRecord, signal: AbortSignal): Promise<PackageRecord & { latestVersion: string }> {
    const { tenant, serverName, runtime } = record;
    const latestVersion = await this.runtimes.get(runtime).latest(tenant, await this.runtimes.wanted(record), signal);
    if (latestVersion === record.latestVersion) return { ...record, latestVersion };
    const changed = await this.records.change(tenant, serverName, (now) => ({ ...now, latestVersion }));
    return { ...changed, latestVersion };
  }

  private async checkOne(record: PackageRecord, signal: AbortSignal): Promise<CheckedPackage> {
    signal.throwIfAborted();
    try {
      return { record: await this.refresh(record, signal) };
    } catch (error) {
      if (error instanceof InstallError) return { record, fault: error.message };
      throw error;
    }
  }
}

/** Returns whether the newest version differs from the current one and is not older. */
export function isNewer({ current }: PackageRecord, latest: string | undefined): boolean {
  if (latest === undefined || latest === current.version) return false;
  const [before, after] = [comparable(current.version), comparable(latest)];
  if (!before || !after) return true;
  return semver.eq(before, after) || semver.gt(after, before);
}

/**
 * Returns a version for comparison. Python versions (PEP 440) are compared by their numbers only. If two versions differ only in the rest,
 * the version from the index counts as newer.
 */
const comparable = (version: string): semver.SemVer | null => semver.parse(version) ?? semver.coerce(version);
