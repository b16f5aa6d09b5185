import { isDeepStrictEqual } from 'node:util';
import { ProblemError } from '@manifold/rest';
import type { Stored } from '@manifold/store';
import type { ChangedApp } from '@manifold/tool-provider';
import { serverKey, type ServerRecord } from '@manifold/mcp-hosting';

/** The in-memory records of all registered servers. */
export class ServerIndex {
  /** A number that increases with each change. */
  revision = 0;
  private readonly servers = new Map<string, Stored<ServerRecord>>();

  all(): Stored<ServerRecord>[] {
    return [...this.servers.values()];
  }

  /** Returns the records of a tenant, in ascending order of name. */
  ofTenant(tenant: string): ServerRecord[] {
    const records = this.all().map(({ value }) => value);
    return records.filter((record) => record.tenant === tenant).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(tenant: string, name: string): Stored<ServerRecord> | undefined {
    return this.servers.get(serverKey(tenant, name));
  }

  /** @throws ProblemError 404 `server_not_found` */
  get(tenant: string, name: string): Stored<ServerRecord> {
    const stored = this.find(tenant, name);
    if (!stored) throw notFound(name);
    return stored;
  }

  /**
   * Adds, replaces or removes a record.
   * @param stored the new record; undefined if the server was deleted
   * @returns the scope of the change: the whole tenant if the access rules have changed, else the server
   */
  put(tenant: string, name: string, stored: Stored<ServerRecord> | undefined): ChangedApp {
    const before = this.find(tenant, name)?.value.access;
    if (stored) this.servers.set(serverKey(tenant, name), stored);
    else this.servers.delete(serverKey(tenant, name));
    this.revision += 1;
    return isDeepStrictEqual(before, stored?.value.access) ? { tenant, app: name } : { tenant };
  }
}

/** Returns the same error for a server that does not exist and for a server that is hidden from the caller. */
export const notFound = (name: string): ProblemError =>
  new ProblemError(404, 'server_not_found', `Server ${name} not found`);
