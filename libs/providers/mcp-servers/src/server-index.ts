import { isDeepStrictEqual } from 'node:util';
import { Problem } from '@manifold/rest';
import type { Stored } from '@manifold/store';
import type { ChangedApp } from '@manifold/tool-provider';
import { serverKey, type ServerRecord } from './server-record.js';

/** The records of all registered servers, as this process knows them. */
export class ServerIndex {
  /** Another one after each change. */
  revision = 0;
  private readonly servers = new Map<string, Stored<ServerRecord>>();

  all(): Stored<ServerRecord>[] {
    return [...this.servers.values()];
  }

  /** In ascending order of name. */
  ofTenant(tenant: string): ServerRecord[] {
    const records = this.all().map(({ value }) => value);
    return records.filter((record) => record.tenant === tenant).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(tenant: string, name: string): Stored<ServerRecord> | undefined {
    return this.servers.get(serverKey(tenant, name));
  }

  /** @throws Problem 404 `server_not_found` */
  get(tenant: string, name: string): Stored<ServerRecord> {
    const stored = this.find(tenant, name);
    if (!stored) throw notFound(name);
    return stored;
  }

  /**
   * @param stored undefined: there is no such server any more
   * @returns whom it concerns: everybody in the tenant, where others see the server now
   */
  put(tenant: string, name: string, stored: Stored<ServerRecord> | undefined): ChangedApp {
    const before = this.find(tenant, name)?.value.access;
    if (stored) this.servers.set(serverKey(tenant, name), stored);
    else this.servers.delete(serverKey(tenant, name));
    this.revision += 1;
    return isDeepStrictEqual(before, stored?.value.access) ? { tenant, app: name } : { tenant };
  }
}

/** The same for all who look for it in vain, whether it is not there or hidden from them. */
export const notFound = (name: string): Problem => new Problem(404, 'server_not_found', `Server ${name} not found`);
