import { Injectable } from '@nestjs/common';
import { Problem } from '@manifold/rest';
import { Store, StoreConflict, type Collection, type Stored } from '@manifold/store';
import { PACKAGES, type PackageRecord } from './package-record.js';

const PAGE = 1000;

/**
 * The packages of all tenants, as stored.
 *
 * Errors: Problem 404 `package_not_found`; those of the store.
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

  /** All servers that use the package. */
  ofPackage(tenant: string, name: string): Promise<Stored<PackageRecord>[]> {
    return this.records.find({ tenant, name }, { limit: PAGE });
  }

  /** In ascending order of server name. */
  async list(tenant: string): Promise<PackageRecord[]> {
    const all = (await this.records.find({ tenant }, { limit: PAGE })).map(({ value }) => value);
    return all.sort((a, b) => (a.serverName < b.serverName ? -1 : 1));
  }

  /** Of every tenant. */
  async all(): Promise<Stored<PackageRecord>[]> {
    const all: Stored<PackageRecord>[] = [];
    for (;;) {
      const page = await this.records.find({}, { limit: PAGE, after: all.at(-1)?.id });
      all.push(...page);
      if (page.length < PAGE) return all;
    }
  }

  insert(record: PackageRecord): Promise<Stored<PackageRecord>> {
    return this.records.insert(record);
  }

  /** Changes the record as it is now, whoever changed it meanwhile. @throws Problem 404 when it is gone */
  async change(
    tenant: string,
    serverName: string,
    change: (record: PackageRecord) => PackageRecord,
  ): Promise<PackageRecord> {
    for (;;) {
      const { id, revision, value } = await this.get(tenant, serverName);
      try {
        return (await this.records.update(id, revision, change(value))).value;
      } catch (error) {
        // Somebody else's change has succeeded: this one is made again on top of it.
        if (!(error instanceof StoreConflict)) throw error;
      }
    }
  }

  /** Removes this record, and no later one of the same server. */
  async discard(id: string): Promise<void> {
    await this.records.remove(id);
  }

  async remove(tenant: string, serverName: string): Promise<void> {
    await this.records.removeWhere({ tenant, serverName });
  }
}

export const notFound = (name: string): Problem =>
  new Problem(404, 'package_not_found', `No package is installed for ${name}`);
