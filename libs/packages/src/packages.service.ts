import { Injectable } from '@nestjs/common';
import PQueue from 'p-queue';
import { Problem } from '@manifold/rest';
import { ServerHost } from '@manifold/server-hosting';
import { endedBy, type InstallProgress } from './install-progress.js';
import { PackageDeletions } from './package-deletions.service.js';
import { PackageInstalls, type InstallRequest } from './package-installs.service.js';
import { asProblem } from './package-problems.js';
import type { PackageRecord } from './package-record.js';
import { notFound, PackageRecords } from './package-records.service.js';
import { isNewer, PackageUpdates } from './package-updates.service.js';
import { PackageUpgrades } from './package-upgrades.service.js';
import { PackageViews } from './package-view.js';
import type {
  PackageAndServerAnswerDto,
  PackageDto,
  UpdatesAnswerDto,
  UpgradeResultDto,
  UpgradeResultsAnswerDto,
} from './packages.dto.js';

/** Of these, the installers run fewer at a time. */
const UPGRADES_AT_A_TIME = 4;

/** What the routes of packages do, in their own words. Packages are named by their server, or by themselves where one server runs them. */
@Injectable()
export class PackagesService {
  constructor(
    private readonly records: PackageRecords,
    private readonly installs: PackageInstalls,
    private readonly upgrades: PackageUpgrades,
    private readonly deletions: PackageDeletions,
    private readonly newer: PackageUpdates,
    private readonly views: PackageViews,
    private readonly host: ServerHost,
  ) {}

  /** @throws Problem for what can be refused before anything is done */
  checkInstall(tenant: string, request: InstallRequest): void {
    try {
      this.installs.check(tenant, request);
    } catch (error) {
      throw asProblem(error);
    }
  }

  async install(
    tenant: string,
    request: InstallRequest,
    progress: InstallProgress,
  ): Promise<PackageAndServerAnswerDto> {
    await this.installs.install(tenant, request, progress);
    return this.answer(tenant, request.serverName);
  }

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

  async upgrade(
    tenant: string,
    serverName: string,
    version: string | undefined,
    progress: InstallProgress,
  ): Promise<PackageAndServerAnswerDto> {
    await this.upgrades.upgrade(tenant, serverName, version, progress);
    return this.answer(tenant, serverName);
  }

  /** Some at a time; one that fails does not stop the others. */
  async upgradeAll(tenant: string, progress: InstallProgress): Promise<UpgradeResultsAnswerDto> {
    const records = await this.records.list(tenant);
    const queue = new PQueue({ concurrency: UPGRADES_AT_A_TIME });
    let done = 0;
    const upgradeOne = async ({ serverName }: PackageRecord): Promise<UpgradeResultDto> => {
      const own = { ...endedBy(progress.signal, progress), onStep: () => undefined };
      const result = await this.upgrades.upgrade(tenant, serverName, undefined, own).then(
        () => ({ serverName, success: true }),
        (error: unknown) => ({ serverName, success: false, error: messageOf(error) }),
      );
      progress.onStep((100 * ++done) / records.length, `${done} of ${records.length} packages upgraded`);
      return result;
    };
    const results = await Promise.all(records.map((record) => queue.add(() => upgradeOne(record))));
    progress.signal.throwIfAborted();
    return { success: true, results };
  }

  async setEnabled(tenant: string, name: string, enabled: boolean): Promise<PackageAndServerAnswerDto> {
    const serverName = await this.serverOf(tenant, name);
    await (enabled ? this.host.enable(tenant, serverName) : this.host.disable(tenant, serverName));
    return this.answer(tenant, serverName);
  }

  async uninstall(tenant: string, name: string): Promise<void> {
    await this.deletions.uninstall(tenant, await this.serverOf(tenant, name));
  }

  /**
   * @param name of a server, or of a package that one server runs
   * @throws Problem 404, 409 where several servers run the package
   */
  async serverOf(tenant: string, name: string): Promise<string> {
    if (await this.records.find(tenant, name)) return name;
    const [first, second] = await this.records.ofPackage(tenant, name);
    if (!first) throw notFound(name);
    if (!second) return first.value.serverName;
    throw new Problem(409, 'package_ambiguous', `Several servers run ${name}: name the server`);
  }

  private async view(record: PackageRecord, fresh: boolean): Promise<PackageDto> {
    const [checked] = await this.freshened([record], fresh);
    return this.views.of(checked!);
  }

  /** Where the registry does not answer, what is known already counts. */
  private async freshened(records: readonly PackageRecord[], fresh: boolean): Promise<readonly PackageRecord[]> {
    if (!fresh) return records;
    const checked = await this.newer.check(records, new AbortController().signal);
    return checked.map(({ record }) => record);
  }

  private async answer(tenant: string, serverName: string): Promise<PackageAndServerAnswerDto> {
    const { value } = await this.records.get(tenant, serverName);
    return { success: true, package: this.views.of(value), server: this.host.view(tenant, serverName) };
  }
}

/** What the operator may read of a failure. */
function messageOf(error: unknown): string {
  const problem = asProblem(error);
  return problem instanceof Problem ? problem.message : 'The upgrade failed; the log of the gateway says why';
}
