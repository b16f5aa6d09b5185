import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Bus, Topic } from '@manifold/bus';
import {
  Store,
  StoreConflict,
  StoreUnavailable,
  type Collection,
  type CollectionSpec,
  type Stored,
} from '@manifold/store';
import { Keyring } from './keyring.js';
import { OwnerCache, type CacheScope } from './owner-cache.js';
import { recordsWithOneText } from './sealed-records.js';
import { SecretUnreadableError } from './secrets-errors.js';
import { StoredNames } from './stored-names.js';

/** A user's secrets for one registered server. */
export interface SecretOwner {
  readonly principal: Principal;
  /** The name of the registered server. */
  readonly app: string;
}

/** How much users have stored for one server. */
export interface SecretCount {
  readonly secrets: number;
  readonly users: number;
}

/** Who owns a secret, in fields that are compared one by one: `a` and `a.b` have nothing in common. */
type OwnerFields = { tenant: string; issuer: string; subject: string; app: string };
type SecretFields = OwnerFields & { name: string };
type SecretRecord = SecretFields & { keyId: string; sealed: string };

/** Secrets of one owner have changed; without an owner: all of a server's are gone. */
const SECRETS_CHANGED = new Topic<{ readonly tenant: string; readonly app: string; readonly owner?: SecretOwner }>(
  'secrets.changed',
);

const SECRETS: CollectionSpec<SecretRecord> = {
  name: 'secrets',
  secret: true,
  indexes: [
    { fields: ['tenant', 'issuer', 'subject', 'app', 'name'], unique: true },
    { fields: ['tenant', 'issuer', 'subject', 'app'] },
    { fields: ['tenant', 'app'] },
  ],
};

/** Owners whose sealed secrets are kept in memory, owners without any included. */
const CACHED_OWNERS = 10_000;
/** Records that are read at once. */
const PAGE = 1000;
/** Writers of one secret that may be overtaken this often; each time somebody else's write has succeeded. */
const WRITE_ATTEMPTS = 100;

/**
 * The users' secrets for the servers that they use, sealed (AES-256-GCM) and bound to tenant, issuer, user, server and name.
 *
 * Errors: those of the store, and SecretUnreadableError.
 */
@Injectable()
export class SecretsService implements OnModuleInit {
  private readonly records: Collection<SecretRecord>;
  private readonly cache = new OwnerCache<readonly SecretRecord[]>(CACHED_OWNERS);
  private readonly names = new StoredNames();
  private readonly listeners = new Set<(owner: SecretOwner) => void>();

  constructor(
    store: Store,
    private readonly keyring: Keyring,
    private readonly bus: Bus,
  ) {
    this.records = store.collection(SECRETS);
  }

  onModuleInit(): void {
    this.bus.onAnnounced(SECRETS_CHANGED, ({ tenant, app, owner }) => {
      if (owner) this.forget(owner);
      else this.forgetApp(tenant, app);
    });
    this.bus.onMissed(() => {
      this.cache.clear();
      this.names.clear();
    });
  }

  /** Sets or overwrites. */
  async set(owner: SecretOwner, name: string, value: string): Promise<void> {
    const fields = { ...ownerFields(owner), name };
    const record = { ...fields, ...this.keyring.seal(value, context(fields)) };
    await this.write(owner, async () => {
      await this.upsert(fields, record);
      await this.names.added(fields.tenant, fields.app, name);
    });
  }

  /** @returns whether there was such a secret */
  async delete(owner: SecretOwner, name: string): Promise<boolean> {
    const fields = ownerFields(owner);
    return this.write(owner, async () => {
      const removed = await this.records.removeWhere({ ...fields, name });
      this.names.forget(fields.tenant, fields.app);
      return removed > 0;
    });
  }

  /**
   * Opens the user's secrets for one server, and no others. Reads the database the first time only.
   * @param names those that are wanted; all unless given
   * @returns name → value, without a prototype
   * @throws SecretUnreadableError where one of them does not open
   */
  async open(owner: SecretOwner, names?: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const fields = ownerFields(owner);
    const records = await this.cache.get(scopeOf(fields), () => this.all(fields));
    const values: Record<string, string> = Object.create(null);
    for (const record of records) {
      if (!names || names.includes(record.name)) values[record.name] = await this.unseal(record, fields);
    }
    return Object.freeze(values);
  }

  /** The names of all secrets that anybody in the tenant has stored for a server. Reads the database when they may have changed only. */
  namesOf(tenant: string, app: string): Promise<ReadonlySet<string>> {
    return this.names.get(tenant, app, async () => {
      const records = await this.all({ tenant, app });
      return new Set(records.map(({ name }) => name));
    });
  }

  /**
   * @param listener called when a secret of this owner was set or deleted, or may have been: from now on `open` answers anew. Not
   * called for the secrets of a server that is deleted
   * @returns a function that ends the subscription
   */
  onChanged(listener: (owner: SecretOwner) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What `deleteApp` would delete. Opens nothing. */
  async countApp(tenant: string, app: string): Promise<SecretCount> {
    const records = await this.all({ tenant, app });
    return { secrets: records.length, users: new Set(records.map((record) => scopeOf(record).key)).size };
  }

  /** Deletes all users' secrets of a server that no longer exists. */
  async deleteApp(tenant: string, app: string): Promise<void> {
    try {
      await this.records.removeWhere({ tenant, app });
    } finally {
      this.forgetApp(tenant, app);
      await this.bus.announce(SECRETS_CHANGED, { tenant, app });
    }
  }

  /** A write that failed may have happened: the cache forgets the owner then, too. */
  private async write<Result>(owner: SecretOwner, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      this.names.forget(owner.principal.tenant, owner.app);
      throw error;
    } finally {
      this.cache.forget(scopeOf(ownerFields(owner)));
      for (const listener of this.listeners) listener(owner);
      const { tenant } = owner.principal;
      const told = { ...owner, principal: { ...owner.principal, credential: undefined } };
      await this.bus.announce(SECRETS_CHANGED, { tenant, app: owner.app, owner: told });
    }
  }

  /** Another replica has changed them. */
  private forget(owner: SecretOwner): void {
    this.cache.forget(scopeOf(ownerFields(owner)));
    this.names.forget(owner.principal.tenant, owner.app);
    for (const listener of this.listeners) listener(owner);
  }

  private forgetApp(tenant: string, app: string): void {
    this.cache.forgetApp(tenant, app);
    this.names.forget(tenant, app);
  }

  private async upsert(fields: SecretFields, record: SecretRecord): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const [known] = await this.records.find(fields);
        await (known ? this.records.update(known.id, known.revision, record) : this.records.insert(record));
        return;
      } catch (error) {
        if (!(error instanceof StoreConflict) || attempt === WRITE_ATTEMPTS) throw error;
      }
    }
  }

  private async all(fields: Partial<SecretFields>): Promise<readonly SecretRecord[]> {
    const records: Stored<SecretRecord>[] = [];
    let page: Stored<SecretRecord>[];
    do {
      page = await this.records.find(fields, { limit: PAGE, after: records.at(-1)?.id });
      records.push(...page);
    } while (page.length === PAGE);
    return records.map(({ value }) => value);
  }

  /** The owner comes from the caller, not from the record: a record that was moved to another owner does not open. */
  private async unseal({ name, keyId, sealed }: SecretRecord, owner: OwnerFields): Promise<string> {
    try {
      return await this.keyring.open({ keyId, sealed }, context({ ...owner, name }));
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      throw new SecretUnreadableError(owner.app, name, { cause: error });
    }
  }
}

function ownerFields({ principal: { tenant, issuer, subject }, app }: SecretOwner): OwnerFields {
  return { tenant, issuer, subject, app };
}

const context = ({ tenant, issuer, subject, app, name }: SecretFields): string[] => [
  tenant,
  issuer,
  subject,
  app,
  name,
];

/** For the rotation of keys. */
export const SEALED_SECRETS = recordsWithOneText(SECRETS, context);

function scopeOf({ tenant, issuer, subject, app }: OwnerFields): CacheScope {
  return { tenant, app, key: JSON.stringify([tenant, issuer, subject, app]) };
}
