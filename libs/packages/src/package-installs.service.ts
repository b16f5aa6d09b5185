import { Injectable } from '@nestjs/common';
import { Problem } from '@manifold/rest';
import { ServerHost, type ServerSettings } from '@manifold/server-hosting';
import { StoreConflict, type Stored } from '@manifold/store';
import { AllowedPackages } from './allowed-packages.js';
import { endedBy, type InstallProgress } from './install-progress.js';
import { LocalPackages } from './local-packages.service.js';
import { PackageFolders } from './package-folders.js';
import type { InstalledVersion, PackageRecord } from './package-record.js';
import { PackageRecords } from './package-records.service.js';
import type { WantedPackage } from './package-runtime.js';
import { PackageRuntimes } from './package-runtimes.js';
import { PackageWork } from './package-work.js';

/** What an operator wants to have installed, and the server that is to run it. */
export interface InstallRequest {
  readonly serverName: string;
  readonly runtime: PackageRecord['runtime'];
  readonly wanted: WantedPackage;
  /** Of the server. For stdio, `command` says which program of the package to run, and `args` follow it. */
  readonly settings: ServerSettings;
}

/**
 * Installs packages for new servers.
 *
 * 1. The files go into a folder that nobody knows yet; 2. the package is recorded; 3. the server is registered. What ends before the
 * third step leaves nothing behind: at once, or after the next start of the gateway.
 */
@Injectable()
export class PackageInstalls {
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
   * Resolves when the server's first start has succeeded or failed: a package that is no MCP server is installed all the same.
   * @throws Problem, InstallError, NotAllowed
   */
  async install(tenant: string, request: InstallRequest, progress: InstallProgress): Promise<void> {
    const { serverName, runtime } = request;
    this.check(tenant, request);
    await this.work.exclusively(tenant, serverName, progress.signal, async (signal) => {
      await this.makeRoom(tenant, serverName);
      const folder = await this.folders.create(runtime, serverName);
      const release = this.folders.hold(runtime, folder);
      try {
        await this.place(tenant, request, folder, endedBy(signal, progress));
      } catch (error) {
        release();
        await this.local.retire(runtime, [folder]);
        throw error;
      } finally {
        release();
      }
      progress.onStep(95, 'starting the server');
      await this.host.settled(tenant, serverName, signal);
    });
  }

  /** Refuses what can be refused before anything is done. @throws Problem 400, 403, 409; NotAllowed */
  check(tenant: string, request: InstallRequest): void {
    this.checkPackage(tenant, request);
    const { serverName, settings } = request;
    this.host.check(isStdio(settings) ? { ...settings, command: 'node' } : settings);
    if (this.host.find(tenant, serverName)) throw alreadyExists(serverName);
  }

  /** @throws NotAllowed; Problem 403 */
  checkPackage(tenant: string, { runtime, wanted }: InstallRequest): void {
    this.runtimes.get(runtime).check(wanted);
    this.allowed.check(tenant, runtime, wanted);
  }

  /** A record without a server is left of an install that did not get that far. */
  private async makeRoom(tenant: string, serverName: string): Promise<void> {
    if (await this.host.findStored(tenant, serverName)) throw alreadyExists(serverName);
    await this.records.remove(tenant, serverName);
  }

  private async place(
    tenant: string,
    request: InstallRequest,
    folder: string,
    progress: InstallProgress,
  ): Promise<void> {
    const { serverName, runtime, wanted, settings } = request;
    const path = this.folders.path(runtime, folder);
    const { version, integrity } = await this.runtimes.get(runtime).install(wanted, path, progress);
    const launch = isStdio(settings) ? await this.launchOf(request, path) : undefined;
    const current = { folder, version, integrity, path, launch };
    progress.signal.throwIfAborted();
    const { id } = await this.record(tenant, request, current);
    try {
      await this.local.spread({ tenant, serverName }, progress.signal);
      await this.host.register(tenant, serverName, launched(settings, launch));
    } catch (error) {
      await this.records.discard(id);
      throw error;
    }
  }

  private async record(
    tenant: string,
    { serverName, runtime, wanted, settings }: InstallRequest,
    current: InstalledVersion,
  ): Promise<Stored<PackageRecord>> {
    const record = {
      tenant,
      serverName,
      name: wanted.name,
      runtime,
      current,
      command: isStdio(settings) ? settings.command : undefined,
      allowScripts: wanted.allowScripts,
      python: wanted.python && this.runtimes.details(tenant, serverName, wanted.python),
      installedAt: new Date().toISOString(),
    };
    try {
      return await this.records.insert(record);
    } catch (error) {
      throw error instanceof StoreConflict ? alreadyExists(serverName) : error;
    }
  }

  private async launchOf(
    { runtime, wanted, settings }: InstallRequest,
    path: string,
  ): Promise<InstalledVersion['launch']> {
    const { command, args } = await this.runtimes.get(runtime).launch(wanted, path, settings.command);
    return { command, args: [...args] };
  }
}

function launched(settings: ServerSettings, launch: InstalledVersion['launch']): ServerSettings {
  if (!launch) return settings;
  return { ...settings, command: launch.command, args: [...launch.args, ...(settings.args ?? [])] };
}

const isStdio = ({ transportType }: ServerSettings): boolean => (transportType ?? 'stdio') === 'stdio';

const alreadyExists = (name: string): Problem =>
  new Problem(409, 'server_already_exists', `Server with name ${name} already exists`);
