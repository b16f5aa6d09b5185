import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Problem } from '@manifold/rest';
import { ServerHost } from '@manifold/server-hosting';
import { PackageFolders } from './package-folders.js';
import { PackageRecords } from './package-records.service.js';
import { PackageWork } from './package-work.js';

/**
 * A package goes with its server, whichever of the two is deleted: its files and its record follow the server's record. What a killed
 * gateway leaves of that is a package without a server, which goes at the next start.
 */
@Injectable()
export class PackageDeletions implements OnModuleInit {
  constructor(
    private readonly work: PackageWork,
    private readonly folders: PackageFolders,
    private readonly records: PackageRecords,
    private readonly host: ServerHost,
  ) {}

  onModuleInit(): void {
    this.host.onDelete({
      before: (tenant, name) => this.cancelWork(tenant, name),
      after: (tenant, name) => this.forget(tenant, name),
    });
  }

  /** Deletes a package and its server. @throws Problem 404 */
  async uninstall(tenant: string, serverName: string): Promise<void> {
    await this.records.get(tenant, serverName);
    if (this.host.find(tenant, serverName)) await this.host.delete(tenant, serverName);
    else await this.forget(tenant, serverName);
  }

  /** Nobody waits for the work to end: it waits for the server itself, which is being deleted. */
  private async cancelWork(tenant: string, serverName: string): Promise<void> {
    const deleted = new Problem(409, 'server_deleted', `Server ${serverName} was deleted meanwhile`);
    this.work.cancel(tenant, serverName, deleted);
  }

  private async forget(tenant: string, serverName: string): Promise<void> {
    const stored = await this.records.find(tenant, serverName);
    if (!stored) return;
    const { runtime, current, next } = stored.value;
    const folders = next ? [current.folder, next.folder] : [current.folder];
    await Promise.all(folders.map((folder) => this.folders.remove(runtime, folder)));
    await this.records.remove(tenant, serverName);
  }
}
