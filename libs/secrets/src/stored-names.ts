import { OwnerCache, type CacheScope } from './owner-cache.js';

const CACHED_SERVERS = 1_000;

/** The names under which secrets are stored for a server, whoever they belong to: loaded once, and again when they may have changed. */
export class StoredNames {
  private readonly cache = new OwnerCache<ReadonlySet<string>>(CACHED_SERVERS);

  get(tenant: string, app: string, load: () => Promise<ReadonlySet<string>>): Promise<ReadonlySet<string>> {
    return this.cache.get(scopeOf(tenant, app), load);
  }

  /** Most of the time somebody else has stored a secret of this name before, and nothing is to be loaded. */
  async added(tenant: string, app: string, name: string): Promise<void> {
    const known = await this.cache.peek(scopeOf(tenant, app))?.catch(() => undefined);
    if (!known?.has(name)) this.forget(tenant, app);
  }

  clear(): void {
    this.cache.clear();
  }

  forget(tenant: string, app: string): void {
    this.cache.forget(scopeOf(tenant, app));
  }
}

const scopeOf = (tenant: string, app: string): CacheScope => ({ tenant, app, key: JSON.stringify([tenant, app]) });
