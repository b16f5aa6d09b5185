import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Bus, Topic } from '@manifold/bus';
import { countsOfCache } from '@manifold/metrics';
import { Keyring, recordsWithOneText } from '@manifold/secrets';
import { Store, StoreConflict, type Collection, type CollectionSpec, type Stored } from '@manifold/store';
import { LRUCache } from 'lru-cache';
import {
  ownerFields,
  ownerKey,
  ownerOf,
  sealedFor,
  type ConnectionOwner,
  type OwnerFields,
} from './connection-owner.js';
import { statusOf, type ConnectionStatus, type ConnectionTokens } from './connection-tokens.js';
import { openJson, sealJson, type Sealed } from './sealed-json.js';

type TokenRecord = OwnerFields & Sealed;

/** Tokens with the version of their record. */
export interface HeldTokens {
  readonly id: string;
  readonly revision: number;
  readonly tokens: ConnectionTokens;
}

/** Whose tokens are new or gone: of one connection, of a whole server, or of a whole user. */
type Affected =
  | { readonly owner: ConnectionOwner }
  | { readonly tenant: string; readonly server: string }
  | { readonly tenant: string; readonly issuer: string; readonly subject: string };

export type ConnectionListener = (owner: ConnectionOwner, isHere: boolean) => void;

const TOKENS_CHANGED = new Topic<Affected>('oauth.tokens-changed');

/** Connections that are kept in memory, sealed. */
const CACHED = 10_000;
const { hits, misses } = countsOfCache('oauth_tokens');
/** Writers of one connection may be overtaken this often; each time somebody else's write has succeeded. */
const WRITE_ATTEMPTS = 20;

const contextOf = (owner: OwnerFields): string[] => sealedFor(owner, 'tokens');

const TOKENS: CollectionSpec<TokenRecord> = {
  name: 'oauth_tokens',
  secret: true,
  indexes: [
    { fields: ['tenant', 'issuer', 'subject', 'server'], unique: true },
    { fields: ['tenant', 'issuer', 'subject'] },
    { fields: ['tenant', 'server'] },
  ],
};

export const SEALED_TOKENS = recordsWithOneText(TOKENS, contextOf);

/**
 * The tokens of users for servers, sealed (AES-256-GCM) and bound to tenant, issuer, user and server.
 *
 * A connection that exists is read from the database once. What another process has written meanwhile shows in `reload`, and in the
 * StoreConflict of `replace`.
 *
 * Errors: those of the store; plain Error for a record that does not open (it was moved, or changed).
 */
@Injectable()
export class TokenVault implements OnModuleInit {
  private readonly records: Collection<TokenRecord>;
  private readonly cache = new LRUCache<string, Promise<Stored<TokenRecord> | undefined>>({ max: CACHED });
  private readonly listeners = new Set<ConnectionListener>();

  constructor(
    store: Store,
    private readonly keyring: Keyring,
    private readonly bus: Bus,
  ) {
    this.records = store.collection(TOKENS);
  }

  onModuleInit(): void {
    this.bus.onAnnounced(TOKENS_CHANGED, (affected) => this.changedElsewhere(affected));
    this.bus.onMissed(() => this.cache.clear());
  }

  /** From memory where it is known. That there is none is not remembered: another process may be connecting the user. */
  async get(owner: ConnectionOwner): Promise<HeldTokens | undefined> {
    const fields = ownerFields(owner);
    const key = ownerKey(fields);
    const known = this.cache.get(key);
    (known ? hits : misses).add();
    const loading = known ?? this.find(fields);
    this.cache.set(key, loading);
    const record = await loading.catch((error: unknown) => {
      this.drop(key, loading);
      throw error;
    });
    if (!record) this.drop(key, loading);
    return record && this.opened(record, fields);
  }

  /** From the database. */
  reload(owner: ConnectionOwner): Promise<HeldTokens | undefined> {
    this.forget(owner);
    return this.get(owner);
  }

  async status(owner: ConnectionOwner, now: number): Promise<ConnectionStatus> {
    return statusOf((await this.get(owner))?.tokens, now);
  }

  /** Whatever was there before is gone: the user has connected. */
  async put(owner: ConnectionOwner, tokens: ConnectionTokens): Promise<void> {
    const fields = ownerFields(owner);
    const record = this.sealed(fields, tokens);
    try {
      await this.upsert(fields, record);
    } finally {
      await this.changed(owner);
    }
  }

  /**
   * Puts newer tokens in the place of those that were held. They are used from memory while they are being stored.
   * @throws StoreConflict when somebody else was faster, or the connection was removed: then theirs counts
   */
  async replace(owner: ConnectionOwner, held: HeldTokens, tokens: ConnectionTokens): Promise<void> {
    const fields = ownerFields(owner);
    const key = ownerKey(fields);
    const value = this.sealed(fields, tokens);
    const early = Promise.resolve({ id: held.id, revision: held.revision, value });
    this.cache.set(key, early);
    try {
      const stored = await this.records.update(held.id, held.revision, value);
      if (this.cache.peek(key) === early) this.cache.set(key, Promise.resolve(stored));
    } catch (error) {
      if (error instanceof StoreConflict) this.drop(key, early);
      throw error;
    }
  }

  /** @returns whether there was a connection */
  async remove(owner: ConnectionOwner): Promise<boolean> {
    try {
      return (await this.records.removeWhere(ownerFields(owner))) > 0;
    } finally {
      await this.changed(owner);
    }
  }

  /**
   * @param listener called when a user has connected, or was disconnected, here or on another replica (`isHere`: false); not for a refresh
   * @returns a function that ends the subscription
   */
  onChanged(listener: ConnectionListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Removes all users' connections to a server that no longer exists. */
  async removeServer(tenant: string, server: string): Promise<void> {
    try {
      await this.records.removeWhere({ tenant, server });
    } finally {
      await this.changedWhere({ tenant, server });
    }
  }

  async removeUser({ tenant, issuer, subject }: ConnectionOwner['principal']): Promise<void> {
    try {
      await this.records.removeWhere({ tenant, issuer, subject });
    } finally {
      await this.changedWhere({ tenant, issuer, subject });
    }
  }

  /** Takes it out of memory only: another process has changed it. */
  forget(owner: ConnectionOwner): void {
    this.cache.delete(ownerKey(ownerFields(owner)));
  }

  private async changed(owner: ConnectionOwner): Promise<void> {
    this.forget(owner);
    for (const listener of this.listeners) listener(owner, true);
    // Of a principal that may have more, its credential among it.
    await this.bus.announce(TOKENS_CHANGED, { owner: ownerOf(ownerFields(owner)) });
  }

  private async changedWhere(affected: Exclude<Affected, { owner: ConnectionOwner }>): Promise<void> {
    this.forgetWhere(affected);
    await this.bus.announce(TOKENS_CHANGED, affected);
  }

  private changedElsewhere(affected: Affected): void {
    if (!('owner' in affected)) return this.forgetWhere(affected);
    this.forget(affected.owner);
    for (const listener of this.listeners) listener(affected.owner, false);
  }

  private forgetWhere(affected: Partial<OwnerFields>): void {
    for (const key of [...this.cache.keys()]) {
      const [tenant, issuer, subject, server] = JSON.parse(key) as string[];
      if (isDeepStrictEqual({ tenant, issuer, subject, server, ...affected }, { tenant, issuer, subject, server })) {
        this.cache.delete(key);
      }
    }
  }

  private drop(key: string, value: Promise<unknown>): void {
    if (this.cache.peek(key) === value) this.cache.delete(key);
  }

  private async find(fields: OwnerFields): Promise<Stored<TokenRecord> | undefined> {
    return (await this.records.find(fields))[0];
  }

  private async upsert(fields: OwnerFields, record: TokenRecord): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const known = await this.find(fields);
        await (known ? this.records.update(known.id, known.revision, record) : this.records.insert(record));
        return;
      } catch (error) {
        if (!(error instanceof StoreConflict) || attempt === WRITE_ATTEMPTS) throw error;
      }
    }
  }

  private sealed(fields: OwnerFields, tokens: ConnectionTokens): TokenRecord {
    return { ...fields, ...sealJson(this.keyring, tokens, contextOf(fields)) };
  }

  /** The owner comes from the caller, not from the record: a record that was moved to another owner does not open. */
  private async opened({ id, revision, value }: Stored<TokenRecord>, fields: OwnerFields): Promise<HeldTokens> {
    return { id, revision, tokens: await openJson<ConnectionTokens>(this.keyring, value, contextOf(fields)) };
  }
}
