import { Injectable } from '@nestjs/common';
import { ProblemError } from '@manifold/rest';
import type { InstallProgress } from '../model/install-progress.js';
import type { PackageRecord } from '../model/package-record.js';
import { notFound, PackageRecords } from '../model/package-records.service.js';
import { isNewer, PackageUpdates } from '../installs/package-updates.service.js';
import { PackageViews } from './package-view.js';
import type { PackageDto, UpdatesAnswerDto } from './packages.dto.js';

/** Implements the routes that read packages. */
@Injectable()
export class PackageQueries {
  constructor(
    private readonly records: PackageRecords,
    private readonly newer: PackageUpdates,
    private readonly views: PackageViews,
  ) {}

  async list(tenant: string, fresh: boolean): Promise<PackageDto[]> {
    const records = await this.records.list(tenant);
    return (await this.freshened(records, fresh)).map((record) => this.views.of(record));
  }

  async byName(tenant: string, name: string, fresh: boolean): Promise<PackageDto> {
    const [stored] = await this.records.ofPackage(tenant, name);
    if (!stored) throw notFound(name);
    return this.view(stored.value, fresh);
  }

  async byServer(tenant: string, serverName: string, fresh: boolean): Promise<PackageDto> {
    return this.view((await this.records.get(tenant, serverName)).value, fresh);
  }

  async updates(tenant: string, serverName: string | undefined, progress: InstallProgress): Promise<UpdatesAnswerDto> {
    const records =
      serverName === undefined ? await this.records.list(tenant) : [(await this.records.get(tenant, serverName)).value];
    const checked = await this.newer.check(records, progress.signal, (done) =>
      progress.onStep((100 * done) / records.length, `${done} of ${records.length} packages checked`),
    );
    return {
      success: true,
      updates: checked.map(({ record, fault }) => ({
        serverName: record.serverName,
        currentVersion: record.current.version,
        latestVersion: record.latestVersion,
        updateAvailable: isNewer(record, record.latestVersion),
        error: fault,
      })),
    };
  }

  /**
   * Returns the name of the server that runs a package.
   * @param name name of a server, or of a package that only one server runs
   * @throws ProblemError 404; 409 if several servers run the package
   */
  async serverOf(tenant: string, name: string): Promise<string> {
    if (await this.records.find(tenant, name)) return name;
    const [first, second] = await this.records.ofPackage(tenant, name);
    if (!first) throw notFound(name);
    if (!second) return first.value.serverName;
    throw new ProblemError(
      409,
      'package_ambiguous',
      `Several servers run package ${name}: use the name of the server instead`,
    );
  }

  private async view(record: PackageRecord, fresh: boolean): Promise<PackageDto> {
    const [checked] = await this.freshened([record], fresh);
    return this.views.of(checked!);
  }

  /** Updates the newest versions if `fresh` is set. If the registry does not answer, the known version stays. */
  private async freshened(records: readonly PackageRecord[], fresh: boolean): Promise<readonly PackageRecord[]> {
    if (!fresh) return records;
    const checked = await this.newer.check(records, new AbortController().signal);
    return checked.map(({ record }) => record);
  }
}
