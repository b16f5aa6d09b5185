import { byFields, CachedCollection, type ChangeFeed, type Collection } from '@manifold/store';
import { SECRETS_CHANGED, type SecretRecord, type SecretsChanged } from './secret-record.js';

const CACHED_SERVERS = 1_000;
const NONE: ReadonlySet<string> = new Set();

type ServerKey = Pick<SecretRecord, 'tenant' | 'app'>;

/** Caches the names of the secrets that any user has stored for a server. It reloads them only after they may have changed. */
export class StoredNames {
  private readonly cache: CachedCollection<SecretRecord, ServerKey, ReadonlySet<string>, SecretsChanged>;

  constructor(records: Collection<SecretRecord>, feed: ChangeFeed) {
    this.cache = new CachedCollection(records, feed, {
      keys: byFields('tenant', 'app'),
      decode: (stored) => new Set(stored.map(({ value }) => value.name)),
      topic: SECRETS_CHANGED,
      scopeOf: ({ tenant, app }) => ({ tenant, app }),
      recent: { name: 'secrets', max: CACHED_SERVERS },
    });
  }

  async get(tenant: string, app: string): Promise<ReadonlySet<string>> {
    return (await this.cache.get({ tenant, app })) ?? NONE;
  }

  /**
   * Updates the cache after a secret was stored. Usually another user has already stored a secret of this name, so nothing must be
   * reloaded.
   */
  async added(tenant: string, app: string, name: string): Promise<void> {
    if (!this.cache.peek({ tenant, app })?.has(name)) await this.forget(tenant, app);
  }

  forget(tenant: string, app: string): Promise<void> {
    return this.cache.invalidate({ tenant, app });
  }

  close(): void {
    this.cache.close();
  }
}
