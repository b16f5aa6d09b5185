import { Injectable } from '@nestjs/common';
import { ProblemError } from '@manifold/rest';
import { changeRecord, findAll, Store, type Collection, type Stored } from '@manifold/store';
import { PACKAGES, type PackageRecord } from './package-record.js';

const PAGE = 1000;

/**
 * Package records of all tenants in the store.
 *
 * Errors: ProblemError 404 `package_not_found`, and the errors of the store.
 */
@Injectable()
export class PackageRecords {
  private readonly records: Collection<PackageRecord>;

  constructor(store: Store) {
    this.records = store.collection(PACKAGES);
  }

  async find(tenant: string, serverName: string): Promise<Stored<PackageRecord> | undefined> {
    const [stored] = await this.records.find({ tenant, serverName });
    return stored;
  }

  async get(tenant: string, serverName: string): Promise<Stored<PackageRecord>> {
    const stored = await this.find(tenant, serverName);
    if (!stored) throw notFound(serverName);
    return stored;
  }

  /** Returns the records of all servers that use the package. */
  ofPackage(tenant: string, name: string): Promise<Stored<PackageRecord>[]> {
    return this.records.find({ tenant, name }, { limit: PAGE });
  }

  /** Returns the records of a tenant in ascending order of server name. */
  async list(tenant: string): Promise<PackageRecord[]> {
    const all = (await this.records.find({ tenant }, { limit: PAGE })).map(({ value }) => value);
    return all.sort((a, b) => (a.serverName < b.serverName ? -1 : 1));
  }

  /** Returns the records of all tenants. */
  all(): Promise<Stored<PackageRecord>[]> {
    return findAll(this.records);
  }

  insert(record: PackageRecord): Promise<Stored<PackageRecord>> {
    return this.records.insert(record);
  }

  /** Changes the current record. After a conflict, the change is applied again to the new state. @throws ProblemError 404 if it is gone */
  async change(
    tenant: string,
    serverName: string,
    change: (record: PackageRecord) => PackageRecord,
  ): Promise<PackageRecord> {
    const changed = await changeRecord(this.records, { tenant, serverName }, (record) => record && change(record));
    if (!changed) throw notFound(serverName);
    return changed.value;
  }

  /** Removes the record with this id, not a later record of the same server. */
  async discard(id: string): Promise<void> {
    await this.records.remove(id);
  }

  async remove(tenant: string, serverName: string): Promise<void> {
    await this.records.removeWhere({ tenant, serverName });
  }
}

export const notFound = (name: string): ProblemError =>
  new ProblemError(404, 'package_not_found', `Package ${name} not found`);
