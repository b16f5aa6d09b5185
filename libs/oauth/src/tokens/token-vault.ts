import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Bus, Topic } from '@manifold/bus';
import { Keyring, recordsWithOneText } from '@manifold/secrets';
import {
  byFields,
  CachedCollection,
  Store,
  StoreConflictError,
  type Collection,
  type CollectionSpec,
  type Stored,
} from '@manifold/store';
import { ownerFields, ownerOf, sealedFor, type ConnectionOwner, type OwnerFields } from './connection-owner.js';
import { statusOf, type ConnectionStatus, type ConnectionTokens } from './connection-tokens.js';
import { openJson, sealJson, type Sealed } from '../protocol/sealed-json.js';

type TokenRecord = OwnerFields & Sealed;

/** Tokens with the revision of their record. */
export interface StoredTokens {
  readonly id: string;
  readonly revision: number;
  readonly tokens: ConnectionTokens;
}

/** Announces new or removed tokens: of one connection, of a whole server, or of a whole user. */
type Affected =
  | { readonly owner: ConnectionOwner }
  | { readonly tenant: string; readonly server: string }
  | { readonly tenant: string; readonly issuer: string; readonly subject: string };

export type ConnectionListener = (owner: ConnectionOwner, isHere: boolean) => void;

const TOKENS_CHANGED = new Topic<Affected>('oauth.tokens-changed');

/** Maximum number of connections that are cached, sealed. */
const CACHED = 10_000;

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
 * Stores the users' tokens for servers, sealed (AES-256-GCM) and bound to tenant, issuer, user and server.
 *
 * An existing connection is read from the database once and then cached. `reload`, and the StoreConflictError of `replace`, show what
 * another process has written meanwhile.
 *
 * Errors: those of the store; plain Error for a record that does not open (it was moved or changed).
 */
@Injectable()
export class TokenVault implements OnApplicationShutdown {
  private readonly records: Collection<TokenRecord>;
  private readonly cache: CachedCollection<TokenRecord, OwnerFields, Stored<TokenRecord>, Affected>;
  private readonly listeners = new Set<ConnectionListener>();

  constructor(
    store: Store,
    private readonly keyring: Keyring,
    bus: Bus,
  ) {
    this.records = store.collection(TOKENS);
    this.cache = new CachedCollection(this.records, bus, {
      keys: byFields('tenant', 'issuer', 'subject', 'server'),
      decode: ([stored]) => stored,
      topic: TOKENS_CHANGED,
      scopeOf: (affected) => ('owner' in affected ? ownerFields(affected.owner) : affected),
      // Absences are not remembered, because another process may be connecting the user.
      recent: { name: 'oauth_tokens', max: CACHED },
      onChanged: (affected, isHere) => {
        if ('owner' in affected) this.listeners.forEach((listener) => listener(affected.owner, isHere));
      },
    });
  }

  onApplicationShutdown(): void {
    this.cache.close();
  }

  /** Returns the tokens, from memory if they are cached. A missing connection is not cached. */
  async get(owner: ConnectionOwner): Promise<StoredTokens | undefined> {
    const fields = ownerFields(owner);
    const record = await this.cache.get(fields);
    return record && this.opened(record, fields);
  }

  /** Returns the tokens from the database. */
  async reload(owner: ConnectionOwner): Promise<StoredTokens | undefined> {
    await this.forget(owner);
    return this.get(owner);
  }

  async status(owner: ConnectionOwner, now: number): Promise<ConnectionStatus> {
    return statusOf((await this.get(owner))?.tokens, now);
  }

  /** Returns whether any user is or was connected to the server. */
  async hasAny(tenant: string, server: string): Promise<boolean> {
    return (await this.records.count({ tenant, server })) > 0;
  }

  /** Stores the tokens of a user who has connected. They replace any earlier ones. */
  async put(owner: ConnectionOwner, tokens: ConnectionTokens): Promise<void> {
    const record = this.sealed(ownerFields(owner), tokens);
    await this.cache.change(changeOf(owner), () => record);
  }

  /**
   * Replaces the held tokens with newer ones. The new tokens are used from memory while they are being stored.
   * @throws StoreConflictError if another write changed the record first, or the connection was removed. The stored state then counts
   */
  async replace(owner: ConnectionOwner, held: StoredTokens, tokens: ConnectionTokens): Promise<void> {
    const fields = ownerFields(owner);
    const { id, revision } = held;
    const early = { id, revision, value: this.sealed(fields, tokens) };
    this.cache.put(fields, early);
    try {
      const stored = await this.records.update(id, revision, early.value);
      if (this.cache.peek(fields) === early) this.cache.put(fields, stored);
    } catch (error) {
      if (error instanceof StoreConflictError && this.cache.peek(fields) === early) await this.forget(owner);
      throw error;
    }
  }

  /** @returns whether there was a connection */
  remove(owner: ConnectionOwner): Promise<boolean> {
    return this.cache.remove(changeOf(owner));
  }

  /**
   * @param listener called when a user has connected or was disconnected, here or on another replica (`isHere`: false); not called for a
   *   refresh
   * @returns a function that ends the subscription
   */
  onChanged(listener: ConnectionListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Removes all users' connections to a server that no longer exists. */
  async removeServer(tenant: string, server: string): Promise<void> {
    await this.cache.remove({ tenant, server });
  }

  async removeUser({ tenant, issuer, subject }: ConnectionOwner['principal']): Promise<void> {
    await this.cache.remove({ tenant, issuer, subject });
  }

  /** Removes a connection from the cache only, after another process has changed it. */
  private forget(owner: ConnectionOwner): Promise<void> {
    return this.cache.invalidate(ownerFields(owner));
  }

  private sealed(fields: OwnerFields, tokens: ConnectionTokens): TokenRecord {
    return { ...fields, ...sealJson(this.keyring, tokens, contextOf(fields)) };
  }

  /** Opens a record. The owner comes from the caller and not from the record, so a record that was moved to another owner does not open. */
  private async opened({ id, revision, value }: Stored<TokenRecord>, fields: OwnerFields): Promise<StoredTokens> {
    return { id, revision, tokens: await openJson<ConnectionTokens>(this.keyring, value, contextOf(fields)) };
  }
}

/** Only the owner's fields are announced. The principal may have more, such as its credential. */
const changeOf = (owner: ConnectionOwner): Affected => ({ owner: ownerOf(ownerFields(owner)) });
