import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Problem } from '@manifold/rest';
import { ServerHost } from '@manifold/server-hosting';
import type { Stored } from '@manifold/store';
import { LocalPackages } from './local-packages.service.js';
import type { PackageRecord } from './package-record.js';
import { PackageRecords } from './package-records.service.js';
import { PackageWork } from './package-work.js';

/**
 * A package goes with its server, whichever of the two is deleted: its files and its record follow the server's record. What a killed
 * gateway leaves of that is a package without a server, which goes at the next start.
 */
@Injectable()
export class PackageDeletions implements OnModuleInit {
  /** Ids of the packages of servers that are being deleted. */
  private readonly doomed = new Map<string, string>();

  constructor(
    private readonly work: PackageWork,
    private readonly local: LocalPackages,
    private readonly records: PackageRecords,
    private readonly host: ServerHost,
  ) {}

  onModuleInit(): void {
    this.host.onDelete({
      before: (tenant, name) => this.serverGoes(tenant, name),
      after: (tenant, name) => this.serverGone(tenant, name),
    });
  }

  /** Deletes a package and its server. @throws Problem 404, 409 `package_busy` where the server is about to be registered */
  async uninstall(tenant: string, serverName: string): Promise<void> {
    await this.records.get(tenant, serverName);
    if (await this.host.findStored(tenant, serverName)) return this.host.delete(tenant, serverName);
    await this.work.exclusively(tenant, serverName, NEVER, () => this.forget(tenant, serverName));
  }

  /** Removes the package of a server that is gone. */
  async forget(tenant: string, serverName: string): Promise<void> {
    const stored = await this.records.find(tenant, serverName);
    if (stored) await this.discard(stored);
  }

  /** Nobody waits for the work to end: it waits for the server itself, which is being deleted. */
  private async serverGoes(tenant: string, serverName: string): Promise<void> {
    const stored = await this.records.find(tenant, serverName);
    if (stored) this.doomed.set(keyOf(tenant, serverName), stored.id);
    const reason = new Problem(409, 'server_deleted', `Server ${serverName} was deleted meanwhile`);
    await this.work.cancel(tenant, serverName, reason);
  }

  /** The name is free again: a package of this name may be another one already. */
  private async serverGone(tenant: string, serverName: string): Promise<void> {
    const key = keyOf(tenant, serverName);
    const doomed = this.doomed.get(key);
    this.doomed.delete(key);
    const stored = await this.records.find(tenant, serverName);
    if (stored && stored.id === doomed) await this.discard(stored);
  }

  private async discard({ id, value: { runtime, current, next } }: Stored<PackageRecord>): Promise<void> {
    await this.records.discard(id);
    await this.local.retire(runtime, next ? [current.folder, next.folder] : [current.folder]);
  }
}

const keyOf = (tenant: string, serverName: string): string => JSON.stringify([tenant, serverName]);

const NEVER = new AbortController().signal;
