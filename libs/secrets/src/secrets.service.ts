import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { tupleKey } from '@manifold/async';
import { Bus } from '@manifold/bus';
import {
  byFields,
  CachedCollection,
  changeRecord,
  findAll,
  Store,
  StoreConflictError,
  StoreUnavailableError,
  type Collection,
  type Stored,
} from '@manifold/store';
import { Keyring } from './keyring.js';
import { recordsWithOneText } from './sealed-records.js';
import {
  SECRETS,
  SECRETS_CHANGED,
  type OwnerFields,
  type SecretFields,
  type SecretOwner,
  type SecretRecord,
  type SecretsChanged,
} from './secret-record.js';
import { SecretUnreadableError } from './secrets-errors.js';
import { StoredNames } from './stored-names.js';

/** Number of secrets stored for one server, and of users who stored them. */
export interface SecretCount {
  readonly secrets: number;
  readonly users: number;
}

/** Values by name, without a prototype. */
type OpenSecrets = Readonly<Record<string, string>>;

/** The secrets of a user for a server. */
interface FoundSecrets {
  /** Names of secrets that were given for another destination. */
  readonly asleep: readonly string[];
  /** Opens the others. @throws SecretUnreadableError if one of them does not open */
  open(): Promise<OpenSecrets>;
}

/** Maximum number of owners whose sealed secrets are cached, including owners without secrets. */
const CACHED_OWNERS = 10_000;
/** Number of secrets that get a destination at the same time. */
const BOUND_AT_ONCE = 8;
const NONE: readonly SecretRecord[] = [];

/**
 * Stores the users' secrets for their servers, sealed (AES-256-GCM) and bound to tenant, issuer, user, server, name and destination.
 *
 * A secret belongs to the destination for which its owner gave it (an origin or a program). If the server gets another destination, the
 * secret is asleep: no server gets it until its owner confirms the destination or sets it again.
 *
 * Errors: those of the store, and SecretUnreadableError.
 */
@Injectable()
export class SecretsService implements OnApplicationShutdown {
  private readonly records: Collection<SecretRecord>;
  private readonly cache: CachedCollection<SecretRecord, OwnerFields, readonly SecretRecord[], SecretsChanged>;
  private readonly names: StoredNames;
  private readonly listeners = new Set<(owner: SecretOwner) => void>();

  constructor(
    store: Store,
    private readonly keyring: Keyring,
    bus: Bus,
  ) {
    this.records = store.collection(SECRETS);
    this.names = new StoredNames(this.records, bus);
    this.cache = new CachedCollection(this.records, bus, {
      keys: byFields('tenant', 'issuer', 'subject', 'app'),
      decode: (stored) => stored.map(({ value }) => value),
      topic: SECRETS_CHANGED,
      scopeOf: ({ tenant, app, owner }) => (owner ? ownerFields(owner) : { tenant, app }),
      recent: { name: 'secrets', max: CACHED_OWNERS },
      onChanged: ({ owner }) => owner && this.listeners.forEach((listener) => listener(owner)),
    });
  }

  onApplicationShutdown(): void {
    this.cache.close();
    this.names.close();
  }

  /** Creates or overwrites a secret. */
  async set(owner: SecretOwner, name: string, value: string, destination?: string): Promise<void> {
    const fields = { ...ownerFields(owner), name };
    const record = this.sealed(fields, value, destination);
    await this.write(owner, async () => {
      await changeRecord(this.records, fields, () => record);
      await this.names.added(fields.tenant, fields.app, name);
    });
  }

  /** @returns whether the secret existed */
  async delete(owner: SecretOwner, name: string): Promise<boolean> {
    const fields = ownerFields(owner);
    return this.write(owner, async () => {
      const removed = await this.records.removeWhere({ ...fields, name });
      await this.names.forget(fields.tenant, fields.app);
      return removed > 0;
    });
  }

  /**
   * Opens the user's secrets for one server, and no others. It reads the database only if they are not cached.
   * @param destination where the secrets will be sent: those that are asleep are left out
   * @param names names of the wanted secrets; default: all
   * @returns name → value, without a prototype
   * @throws SecretUnreadableError if one of them does not open
   */
  async open(owner: SecretOwner, destination: string, names?: readonly string[]): Promise<OpenSecrets> {
    return (await this.find(owner, destination, names)).open();
  }

  /** Finds the same secrets as `open`, and those among the wanted ones that are asleep. It opens none. */
  async find(owner: SecretOwner, destination: string, names?: readonly string[]): Promise<FoundSecrets> {
    const fields = ownerFields(owner);
    const records = (await this.cache.get(fields)) ?? NONE;
    const wanted = names ? records.filter(({ name }) => names.includes(name)) : records;
    return {
      asleep: wanted.filter((record) => !belongsTo(record, destination)).map(({ name }) => name),
      open: async () => {
        const values: Record<string, string> = Object.create(null);
        for (const record of wanted)
          if (belongsTo(record, destination)) values[record.name] = await this.unseal(record, fields);
        return Object.freeze(values);
      },
    };
  }

  /** Returns the names of the user's secrets for one server. It opens none. */
  async list(owner: SecretOwner): Promise<string[]> {
    return ((await this.cache.get(ownerFields(owner))) ?? NONE).map(({ name }) => name);
  }

  /** Returns the names of the secrets that were given for another destination. It opens none. */
  async asleep(owner: SecretOwner, destination: string): Promise<string[]> {
    return [...(await this.find(owner, destination)).asleep];
  }

  /**
   * Gives the secrets that are asleep to a destination, because their owner agrees.
   * @param names the secrets to wake
   */
  async confirm(owner: SecretOwner, destination: string, names: readonly string[]): Promise<void> {
    const fields = ownerFields(owner);
    const records = ((await this.cache.get(fields)) ?? NONE).filter((record) => names.includes(record.name));
    for (const record of records) await this.set(owner, record.name, await this.unseal(record, fields), destination);
  }

  /**
   * Binds the secrets of all users that were stored before secrets had a destination. Called before the destination of a server changes.
   * A secret that does not open stays as it is: no server can get it.
   */
  async bind(tenant: string, app: string, destination: string): Promise<void> {
    const unbound = (await findAll(this.records, { tenant, app })).filter(
      ({ value }) => value.destination === undefined,
    );
    const waiting = unbound.values();
    const bindNext = async (): Promise<void> => {
      for (const stored of waiting) await this.bindOne(stored, destination);
    };
    await Promise.all(Array.from({ length: BOUND_AT_ONCE }, bindNext));
    if (unbound.length > 0) await this.cache.changed({ tenant, app });
  }

  /**
   * Returns the names of all secrets that users of the tenant have stored for a server. It reads the database only after they may have
   * changed.
   */
  namesOf(tenant: string, app: string): Promise<ReadonlySet<string>> {
    return this.names.get(tenant, app);
  }

  /**
   * @param listener called when a secret of this owner was set or deleted, or may have been: from now on `open` returns the new state. It
   *   is not called when a server is deleted with its secrets
   * @returns a function that ends the subscription
   */
  onChanged(listener: (owner: SecretOwner) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Counts what `deleteApp` would delete. It opens no secret. */
  async countApp(tenant: string, app: string): Promise<SecretCount> {
    const records = await findAll(this.records, { tenant, app });
    return { secrets: records.length, users: new Set(records.map(({ value }) => userKey(value))).size };
  }

  /** Deletes all users' secrets of a server that no longer exists. */
  async deleteApp(tenant: string, app: string): Promise<void> {
    try {
      await this.records.removeWhere({ tenant, app });
    } finally {
      await this.names.forget(tenant, app);
      await this.cache.changed({ tenant, app });
    }
  }

  private async bindOne(stored: Stored<SecretRecord> | undefined, destination: string): Promise<void> {
    if (!stored || stored.value.destination !== undefined) return;
    const { id, revision, value } = stored;
    try {
      const text = await this.unseal(value, value);
      await this.records.update(id, revision, this.sealed(value, text, destination));
    } catch (error) {
      if (error instanceof SecretUnreadableError) return;
      if (!(error instanceof StoreConflictError)) throw error;
      await this.bindOne(await this.records.get(id), destination);
    }
  }

  private sealed(fields: SecretFields, value: string, destination: string | undefined): SecretRecord {
    const { tenant, issuer, subject, app, name } = fields;
    const bound = { tenant, issuer, subject, app, name, ...(destination !== undefined && { destination }) };
    return { ...bound, ...this.keyring.seal(value, context(bound)) };
  }

  /**
   * Performs a write, then forgets the owner's cached secrets and notifies the others. It does so after a failure too, because a failed
   * write may have taken effect.
   */
  private async write<Result>(owner: SecretOwner, work: () => Promise<Result>): Promise<Result> {
    const { tenant } = owner.principal;
    try {
      return await work();
    } catch (error) {
      await this.names.forget(tenant, owner.app);
      throw error;
    } finally {
      const told = { ...owner, principal: { ...owner.principal, credential: undefined } };
      await this.cache.changed({ tenant, app: owner.app, owner: told });
    }
  }

  /** Opens a secret. The owner comes from the caller and not from the record, so a record that was moved to another owner does not open. */
  private async unseal({ name, destination, keyId, sealed }: SecretRecord, owner: OwnerFields): Promise<string> {
    try {
      return await this.keyring.open({ keyId, sealed }, context({ ...owner, name, destination }));
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      throw new SecretUnreadableError(owner.app, name, { cause: error });
    }
  }
}

const context = ({
  tenant,
  issuer,
  subject,
  app,
  name,
  destination,
}: SecretFields & Pick<SecretRecord, 'destination'>): string[] => [
  tenant,
  issuer,
  subject,
  app,
  name,
  ...(destination === undefined ? [] : [destination]),
];

function ownerFields({ principal: { tenant, issuer, subject }, app }: SecretOwner): OwnerFields {
  return { tenant, issuer, subject, app };
}

const belongsTo = ({ destination }: SecretRecord, wanted: string): boolean =>
  destination === undefined || destination === wanted;

/** Declares the sealed records for the key rotation. */
export const SEALED_SECRETS = recordsWithOneText(SECRETS, context);

const userKey = ({ issuer, subject }: OwnerFields): string => tupleKey(issuer, subject);
