import { Injectable } from '@nestjs/common';
import { Bus, Topic } from '@manifold/bus';
import { Config } from '@manifold/config';
import {
  changeRecord,
  findAll,
  Store,
  StoreConflictError,
  type Collection,
  type CollectionSpec,
  type Json,
  type Stored,
} from '@manifold/store';
import type { LogLevel } from '../json-rpc/log-level.js';
import type { LegacyVersion } from '../json-rpc/protocol-versions.js';

/** Stored record of a session. It lets a session survive a restart and move to another replica. */
export type SessionRecord = {
  /** Key of the principal to which the session is bound. */
  principal: string;
  tenant: string;
  issuer: string;
  subject: string;
  protocolVersion: LegacyVersion;
  clientInfo?: Json;
  capabilities?: Json;
  /** Apps of the view; undefined means all apps. Without `mode`, the view is static. */
  apps?: string[];
  mode?: 'dynamic';
  /** Server whose own endpoint the session belongs to; undefined for the endpoint of all servers. */
  own?: string;
  enabledTools?: string[];
  logLevel?: LogLevel;
  /** URIs of the resources that the client has subscribed to. */
  subscriptions?: string[];
  /** Chat that continues in this session. `chatOwner` is the key of the chat's principal. Both are set, or neither is. */
  chatId?: string;
  chatOwner?: string;
  /** Epoch milliseconds. */
  createdAt: number;
  lastSeen: number;
};

/** Announces that a session's record has changed. `isGone` means that it has been removed. */
export interface SessionChanged {
  readonly id: string;
  readonly isGone?: boolean;
}

export const SESSION_CHANGED = new Topic<SessionChanged>('sessions.changed');

const SESSIONS: CollectionSpec<SessionRecord> = {
  name: 'mcp_sessions',
  replaceable: true, // a client whose session is lost gets an error and opens a new one
  indexes: [{ fields: ['chatOwner'] }, { fields: ['chatOwner', 'chatId'] }],
};

/** Lifetime of a record as a multiple of the idle timeout. It is above 1 because `lastSeen` is written with a delay. */
const LAG_FACTOR = 1.5;

@Injectable()
export class SessionStore {
  private opened?: Collection<SessionRecord>;

  constructor(
    private readonly store: Store,
    private readonly config: Config,
    private readonly bus: Bus,
  ) {}

  insert(id: string, record: SessionRecord): Promise<Stored<SessionRecord>> {
    return this.records.insert(record, { id, expiresAt: this.expiry(record.lastSeen) });
  }

  get(id: string): Promise<Stored<SessionRecord> | undefined> {
    return this.records.get(id);
  }

  /** Updates `lastSeen`. @returns the new revision; undefined if the session is gone or another replica has just written it */
  async refresh(id: string, lastSeen: number): Promise<number | undefined> {
    const stored = await this.records.get(id);
    if (!stored) return undefined;
    try {
      const value = { ...stored.value, lastSeen: Math.max(lastSeen, stored.value.lastSeen) };
      const expiresAt = this.expiry(value.lastSeen);
      return (await this.records.update(id, stored.revision, value, { expiresAt })).revision;
    } catch (error) {
      if (error instanceof StoreConflictError) return undefined;
      throw error;
    }
  }

  /**
   * Changes a session's record and tells the other replicas. If another replica changes the record at the same time, it tries again.
   * @returns the new revision; undefined if the session is gone
   */
  async change(id: string, changes: Partial<SessionRecord>): Promise<number | undefined> {
    const changed = await changeRecord(this.records, id, (record) => record && { ...record, ...changes });
    if (changed) await this.bus.announce(SESSION_CHANGED, { id });
    return changed?.revision;
  }

  /** Returns the sessions in which a chat continues. There is one, unless two replicas started the chat at the same time. */
  ofChat(chatOwner: string, chatId: string): Promise<Stored<SessionRecord>[]> {
    return this.records.find({ chatOwner, chatId });
  }

  /** Returns the sessions of all chats of a principal. */
  ofChats(chatOwner: string): Promise<Stored<SessionRecord>[]> {
    return findAll(this.records, { chatOwner });
  }

  async remove(id: string): Promise<void> {
    await this.records.remove(id);
    await this.bus.announce(SESSION_CHANGED, { id, isGone: true });
  }

  private expiry(lastSeen: number): number {
    return lastSeen + this.config.sessionIdleTimeoutMs * LAG_FACTOR;
  }

  /** Opens the collection on first use, because the store starts together with the application. */
  private get records(): Collection<SessionRecord> {
    return (this.opened ??= this.store.collection(SESSIONS));
  }
}
