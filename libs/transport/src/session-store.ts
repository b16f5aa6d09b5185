import { Injectable } from '@nestjs/common';
import { Bus, Topic } from '@manifold/bus';
import { Config } from '@manifold/config';
import { Store, StoreConflict, type Collection, type CollectionSpec, type Json, type Stored } from '@manifold/store';
import type { LogLevel } from './log-level.js';
import type { LegacyVersion } from './protocol-versions.js';

/** What is kept of a session, so that it survives a restart and moves to another replica. */
export type SessionRecord = {
  /** The key of the principal that the session is bound to. */
  principal: string;
  tenant: string;
  issuer: string;
  subject: string;
  protocolVersion: LegacyVersion;
  clientInfo?: Json;
  capabilities?: Json;
  /** The view: undefined means all apps, and static. */
  apps?: string[];
  mode?: 'dynamic';
  /** The one server whose endpoint the session is of. Without it: the endpoint of all. */
  own?: string;
  enabledTools?: string[];
  logLevel?: LogLevel;
  /** URIs of the resources that the client has subscribed to. */
  subscriptions?: string[];
  /** The chat that continues in this session, and the key of the principal whose chat it is. Both or neither. */
  chatId?: string;
  chatOwner?: string;
  /** Epoch milliseconds. */
  createdAt: number;
  lastSeen: number;
};

/** The record of a session has changed; or, `isGone`, there is none any more. */
export const SESSION_CHANGED = new Topic<{ readonly id: string; readonly isGone?: boolean }>('sessions.changed');

const SESSIONS: CollectionSpec<SessionRecord> = {
  name: 'mcp_sessions',
  replaceable: true, // a client whose session is gone is told so, and opens another one
  indexes: [{ fields: ['chatOwner'] }, { fields: ['chatOwner', 'chatId'] }],
};

/** `lastSeen` is written late, so a record outlives the idle time by as much as it may lag. */
const LAG_FACTOR = 1.5;

const PAGE = 1_000;

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

  /** @returns the new revision; undefined when the session is gone or another replica has just written it */
  async refresh(id: string, lastSeen: number): Promise<number | undefined> {
    const stored = await this.records.get(id);
    if (!stored) return undefined;
    try {
      const value = { ...stored.value, lastSeen: Math.max(lastSeen, stored.value.lastSeen) };
      const expiresAt = this.expiry(value.lastSeen);
      return (await this.records.update(id, stored.revision, value, { expiresAt })).revision;
    } catch (error) {
      if (error instanceof StoreConflict) return undefined;
      throw error;
    }
  }

  /**
   * Changes what is kept of a session, whoever else changes it meanwhile, and tells the other replicas.
   * @returns the new revision; undefined when the session is gone
   */
  async change(id: string, changes: Partial<SessionRecord>): Promise<number | undefined> {
    for (;;) {
      const stored = await this.records.get(id);
      if (!stored) return undefined;
      try {
        const { revision } = await this.records.update(id, stored.revision, { ...stored.value, ...changes });
        await this.bus.announce(SESSION_CHANGED, { id });
        return revision;
      } catch (error) {
        if (!(error instanceof StoreConflict)) throw error;
      }
    }
  }

  /** The sessions in which a chat continues. There is one, unless two replicas started it at the same time. */
  ofChat(chatOwner: string, chatId: string): Promise<Stored<SessionRecord>[]> {
    return this.records.find({ chatOwner, chatId });
  }

  /** The sessions of all chats of a principal. */
  async ofChats(chatOwner: string): Promise<Stored<SessionRecord>[]> {
    const all: Stored<SessionRecord>[] = [];
    for (;;) {
      const page = await this.records.find({ chatOwner }, { limit: PAGE, after: all.at(-1)?.id });
      all.push(...page);
      if (page.length < PAGE) return all;
    }
  }

  async remove(id: string): Promise<void> {
    await this.records.remove(id);
    await this.bus.announce(SESSION_CHANGED, { id, isGone: true });
  }

  private expiry(lastSeen: number): number {
    return lastSeen + this.config.sessionIdleTimeoutMs * LAG_FACTOR;
  }

  /** Opened on first use: the store itself starts with the application. */
  private get records(): Collection<SessionRecord> {
    return (this.opened ??= this.store.collection(SESSIONS));
  }
}
