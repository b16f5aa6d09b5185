import { Injectable } from '@nestjs/common';
import { Problem } from '@manifold/rest';
import { ServerHost, type ServerSettings } from '@manifold/server-hosting';
import { endedBy, type InstallProgress } from './install-progress.js';
import { PackageFolders } from './package-folders.js';
import type { PackageRecord } from './package-record.js';
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
  ) {}

  /**
   * Resolves when the server's first start has succeeded or failed: a package that is no MCP server is installed all the same.
   * @throws Problem, InstallError, NotAllowed
   */
  async install(tenant: string, request: InstallRequest, progress: InstallProgress): Promise<void> {
    const { serverName, runtime } = request;
    this.check(tenant, request);
    await this.work.exclusively(tenant, serverName, progress.signal, async (signal) => {
      const folder = await this.folders.create(runtime, serverName);
      try {
        await this.place(tenant, request, folder, endedBy(signal, progress));
      } catch (error) {
        await this.folders.remove(runtime, folder);
        throw error;
      }
      progress.onStep(95, 'starting the server');
      await this.host.settled(tenant, serverName, signal);
    });
  }

  /** Refuses what can be refused before anything is done. @throws Problem 400, 409; NotAllowed */
  check(tenant: string, request: InstallRequest): void {
    this.checkPackage(request);
    const { serverName, settings } = request;
    this.host.check(isStdio(settings) ? { ...settings, command: 'node' } : settings);
    if (this.host.find(tenant, serverName)) throw alreadyExists(serverName);
  }

  /** @throws NotAllowed */
  checkPackage({ runtime, wanted }: InstallRequest): void {
    this.runtimes.get(runtime).check(wanted);
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
    const placed = isStdio(settings) ? await this.launched(request, path) : settings;
    progress.signal.throwIfAborted();
    // A record without a server is left of an install that did not get this far.
    await this.records.remove(tenant, serverName);
    await this.records.insert({
      tenant,
      serverName,
      name: wanted.name,
      runtime,
      current: { folder, version, integrity },
      command: isStdio(settings) ? settings.command : undefined,
      allowScripts: wanted.allowScripts,
      python: wanted.python && this.runtimes.details(tenant, serverName, wanted.python),
      installedAt: new Date().toISOString(),
    });
    try {
      await this.host.register(tenant, serverName, placed);
    } catch (error) {
      await this.records.remove(tenant, serverName);
      throw error;
    }
  }

  private async launched({ runtime, wanted, settings }: InstallRequest, path: string): Promise<ServerSettings> {
    const { command, args } = await this.runtimes.get(runtime).launch(wanted, path, settings.command);
    return { ...settings, command, args: [...args, ...(settings.args ?? [])] };
  }
}

const isStdio = ({ transportType }: ServerSettings): boolean => (transportType ?? 'stdio') === 'stdio';

const alreadyExists = (name: string): Problem =>
  new Problem(409, 'server_already_exists', `Server with name ${name} already exists`);
