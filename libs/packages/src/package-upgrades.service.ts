import { Injectable } from '@nestjs/common';
import { Problem } from '@manifold/rest';
import { ServerHost, type Replacement } from '@manifold/server-hosting';
import { AllowedPackages } from './allowed-packages.js';
import { endedBy, type InstallProgress } from './install-progress.js';
import { LocalPackages } from './local-packages.service.js';
import { PackageFolders } from './package-folders.js';
import type { InstalledVersion, PackageRecord } from './package-record.js';
import { PackageRecords } from './package-records.service.js';
import { PackageRuntimes } from './package-runtimes.js';
import { PackageWork } from './package-work.js';
import { relaunched, type Place } from './relaunch.js';

type NextVersion = InstalledVersion & { path: string };

/**
 * Brings other versions to servers that run.
 *
 * 1. The new version is installed beside the old one; 2. it is noted as `next`; 3. the server swaps to it, once it has answered
 * `initialize`; 4. it becomes `current`, and the old files go when nothing runs from them. Whatever fails before the swap leaves the old
 * version running; a gateway that is killed between 3 and 4 finds out at its next start which one the server has.
 */
@Injectable()
export class PackageUpgrades {
  constructor(
    private readonly work: PackageWork,
    private readonly runtimes: PackageRuntimes,
    private readonly folders: PackageFolders,
    private readonly records: PackageRecords,
    private readonly host: ServerHost,
    private readonly local: LocalPackages,
    private readonly allowed: AllowedPackages,
  ) {}

  /**
   * @param version a version, a range or a tag; the newest unless given. Without effect when it is the one that runs.
   * @throws Problem 403, 404, 409 `package_busy`, 422 `upgrade_failed` when the new version does not come up; InstallError, NotAllowed
   */
  async upgrade(
    tenant: string,
    serverName: string,
    version: string | undefined,
    progress: InstallProgress,
  ): Promise<void> {
    await this.work.exclusively(tenant, serverName, progress.signal, async (signal) => {
      const record = await this.settled((await this.records.get(tenant, serverName)).value);
      const runtime = this.runtimes.get(record.runtime);
      const wanted = await this.runtimes.wanted(record, version);
      runtime.check(wanted);
      this.allowed.check(tenant, record.runtime, wanted);
      const target = version ?? (await this.latest(record, signal));
      if (target !== record.current.version) await this.bring(record, target, endedBy(signal, progress));
    });
  }

  /** The record of a package of whose last upgrade nobody has written down how it ended: the server says it. */
  async settled(record: PackageRecord): Promise<PackageRecord> {
    const { tenant, serverName, runtime, next } = record;
    if (!next) return record;
    const swapped = await this.isRunFrom(tenant, serverName, next.folder);
    const settled = await this.records.change(tenant, serverName, (now) =>
      swapped ? upgraded(now, next) : withoutNext(now),
    );
    await this.local.retire(runtime, [swapped ? record.current.folder : next.folder]);
    return settled;
  }

  private async latest(record: PackageRecord, signal: AbortSignal): Promise<string> {
    const { tenant, serverName, runtime, current } = record;
    const folder = this.folders.path(runtime, current.folder);
    const latestVersion = await this.runtimes.get(runtime).latest(await this.runtimes.wanted(record), folder, signal);
    await this.records.change(tenant, serverName, (now) => ({ ...now, latestVersion }));
    return latestVersion;
  }

  private async bring(record: PackageRecord, target: string, progress: InstallProgress): Promise<void> {
    const { tenant, serverName, runtime } = record;
    const folder = await this.folders.create(runtime, serverName);
    const release = this.folders.hold(runtime, folder);
    try {
      const next = await this.install(record, target, folder, progress);
      await this.records.change(tenant, serverName, (now) => ({ ...now, next }));
      await this.local.spread({ tenant, serverName }, progress.signal);
      progress.onStep(90, `starting version ${next.version}`);
      const { retired } = await this.swap(record, next, progress.signal);
      await this.records.change(tenant, serverName, (now) => upgraded(now, next));
      void retired.then(() => this.local.retire(runtime, [record.current.folder]));
    } catch (error) {
      release();
      await this.undo(record, folder);
      throw error;
    } finally {
      release();
    }
  }

  private async install(
    record: PackageRecord,
    target: string,
    folder: string,
    progress: InstallProgress,
  ): Promise<NextVersion> {
    const runtime = this.runtimes.get(record.runtime);
    const path = this.folders.path(record.runtime, folder);
    const installed = await runtime.install(await this.runtimes.wanted(record, target), path, progress);
    const server = this.host.find(record.tenant, record.serverName);
    const isStarted = server?.transport.transportType === 'stdio';
    return { folder, ...installed, path, launch: isStarted ? await this.launchOf(record, path) : undefined };
  }

  private async swap(record: PackageRecord, next: NextVersion, signal: AbortSignal): Promise<Replacement> {
    const { tenant, serverName, current } = record;
    const server = this.host.find(tenant, serverName);
    const { path, launch } = next;
    if (server?.transport.transportType !== 'stdio' || !launch) return { retired: Promise.resolve() };
    const before = await this.placeOf(record, current);
    const { command, args } = relaunched(server.transport, before, { path, launch });
    try {
      return await this.host.replace(tenant, serverName, { command, args: [...args] }, { signal });
    } catch (cause) {
      if (signal.aborted || (cause instanceof Problem && cause.status < 500)) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `Version ${next.version} did not come up, and version ${current.version} goes on: ${reason}`;
      throw new Problem(422, 'upgrade_failed', message, { cause });
    }
  }

  /** As the command of the server has it. */
  private async placeOf(record: PackageRecord, version: InstalledVersion): Promise<Place> {
    const path = version.path ?? this.folders.path(record.runtime, version.folder);
    return { path, launch: version.launch ?? (await this.launchOf(record, path).catch(() => undefined)) };
  }

  private async launchOf(record: PackageRecord, path: string): Promise<{ command: string; args: string[] }> {
    const runtime = this.runtimes.get(record.runtime);
    const { command, args } = await runtime.launch(await this.runtimes.wanted(record), path, record.command);
    return { command, args: [...args] };
  }

  /** The server runs what it ran before, unless the failure came after the swap: then its new files must stay. */
  private async undo({ tenant, serverName, runtime }: PackageRecord, folder: string): Promise<void> {
    if (await this.isRunFrom(tenant, serverName, folder).catch(() => true)) return;
    await this.records.change(tenant, serverName, withoutNext).catch(() => undefined); // it may have been deleted meanwhile
    await this.local.retire(runtime, [folder]);
  }

  /** Whether the command of the server names something in this folder, on whichever machine. */
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
