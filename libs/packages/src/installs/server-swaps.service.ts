import { Injectable } from '@nestjs/common';
import { ProblemError } from '@manifold/rest';
import { ServerExtensions, ServerHost, type Replacement } from '@manifold/server-model';
import { PackageFolders } from '../model/package-folders.js';
import type { InstalledVersion, PackageRecord } from '../model/package-record.js';
import type { NewVersion } from './package-rollouts.service.js';
import { PackageRuntimes } from './package-runtimes.js';
import { relaunched, type InstallLocation } from './relaunch.js';

/** Makes running servers swap to another version of their package. */
@Injectable()
export class ServerSwaps {
  constructor(
    private readonly host: ServerHost,
    private readonly runtimes: PackageRuntimes,
    private readonly folders: PackageFolders,
    private readonly extensions: ServerExtensions,
  ) {}

  /** Returns whether the server of the package is a process of the gateway. */
  isProcess({ tenant, serverName }: PackageRecord): boolean {
    return this.host.find(tenant, serverName)?.transport.transportType === 'stdio';
  }

  /** Checks whether the tenant may still run the server, before a version is installed. @throws ProblemError 403 */
  async checkPolicy(record: PackageRecord): Promise<void> {
    const { tenant, serverName } = record;
    const transport = this.host.find(tenant, serverName)?.transport;
    if (transport?.transportType !== 'stdio') return;
    await this.extensions.checkProgram(tenant, serverName, { ...transport, variables: [] });
  }

  /**
   * Resolves when calls go to the new version. Without effect on servers that are no processes of the gateway.
   * @throws ProblemError 422 `upgrade_failed` if the new version does not start: the old one keeps running
   */
  async swap(record: PackageRecord, next: NewVersion, signal: AbortSignal): Promise<Replacement> {
    const { tenant, serverName, current } = record;
    const server = this.host.find(tenant, serverName);
    const { path, launch } = next;
    if (server?.transport.transportType !== 'stdio' || !launch) return { retired: Promise.resolve() };
    const before = await this.locationOf(record, current);
    const { command, args } = relaunched(server.transport, before, { path, launch });
    try {
      return await this.host.replace(tenant, serverName, { command, args: [...args] }, { signal });
    } catch (cause) {
      if (signal.aborted || (cause instanceof ProblemError && cause.status < 500)) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `Version ${next.version} did not start, so version ${current.version} stays in use: ${reason}`;
      throw new ProblemError(422, 'upgrade_failed', message, { cause });
    }
  }

  /** Returns the path and start command that the command of the server contains for this version. */
  private async locationOf(record: PackageRecord, version: InstalledVersion): Promise<InstallLocation> {
    const path = version.path ?? this.folders.path(record.runtime, version.folder);
    return { path, launch: version.launch ?? (await this.runtimes.launch(record, path).catch(() => undefined)) };
  }
}
