import { Injectable, type OnModuleInit } from '@nestjs/common';
import { tupleKey } from '@manifold/async';
import { ProblemError } from '@manifold/rest';
import { ServerHost } from '@manifold/server-model';
import type { Stored } from '@manifold/store';
import { LocalPackages } from './local-packages.service.js';
import type { PackageRecord } from '../model/package-record.js';
import { PackageRecords } from '../model/package-records.service.js';
import { PackageWork } from './package-work.js';

/**
 * Deletes a package together with its server, whichever of the two is deleted: first the server's record, then the package's record and
 * files. If the gateway is killed in between, a package without a server is left, which the next start removes.
 */
@Injectable()
export class PackageDeletions implements OnModuleInit {
  /** Ids of the package records of servers that are being deleted. */
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

  /** Deletes a package and its server. @throws ProblemError 404; 409 `package_busy` if the server is about to be registered */
  async uninstall(tenant: string, serverName: string): Promise<void> {
    await this.records.get(tenant, serverName);
    if (await this.host.findStored(tenant, serverName)) return this.host.delete(tenant, serverName);
    await this.work.exclusively(tenant, serverName, NEVER, () => this.forget(tenant, serverName));
  }

  /** Removes the package of a server that no longer exists. */
  async forget(tenant: string, serverName: string): Promise<void> {
    const stored = await this.records.find(tenant, serverName);
    if (stored) await this.discard(stored);
  }

  /** Cancels work on the package before its server is deleted. Does not wait for the work to end: the work may wait for the server. */
  private async serverGoes(tenant: string, serverName: string): Promise<void> {
    const stored = await this.records.find(tenant, serverName);
    if (stored) this.doomed.set(keyOf(tenant, serverName), stored.id);
    const reason = new ProblemError(409, 'server_deleted', `Server ${serverName} was deleted meanwhile`);
    await this.work.cancel(tenant, serverName, reason);
  }

  /** Removes the package after its server was deleted. The name may be in use by a new package already, so the record's id must match. */
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

const keyOf = (tenant: string, serverName: string): string => tupleKey(tenant, serverName);

const NEVER = new AbortController().signal;
