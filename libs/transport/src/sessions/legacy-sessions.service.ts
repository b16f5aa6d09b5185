import { randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { holdsAccessToken, type Principal } from '@manifold/auth';
import { OnAnnounced, type Unsubscribe } from '@manifold/bus';
import { Config } from '@manifold/config';
import type { View } from '@manifold/tool-registry';
import { cancelAll } from '../json-rpc/calls-in-flight.js';
import { EventLog } from '../streams/event-log.js';
import type { Initialization } from './initialize.js';
import { JsonRpcError, sessionNotFound, TRANSPORT_ERROR } from '../json-rpc/json-rpc-error.js';
import { holderOf, isIdle, sessionOf, update, type LegacySession } from './legacy-session.js';
import { endSubscriptions } from './resource-subscriptions.js';
import { SessionSlots } from './session-slots.js';
import { SESSION_CHANGED, SessionStore, type SessionChanged, type SessionRecord } from './session-store.js';

/** 32 random bytes in base64url. */
const SESSION_ID = /^[A-Za-z0-9_-]{43}$/;

/**
 * Manages the sessions of the legacy era. A session is in the store for its whole lifetime. Each replica that serves it also holds it
 * in memory. When one replica changes the stored record, the others apply the change.
 */
@Injectable()
export class LegacySessions {
  private readonly logger = new Logger(LegacySessions.name);
  private readonly sessions = new Map<string, LegacySession>();
  private readonly restoring = new Map<string, Promise<LegacySession | undefined>>();
  /** Sessions that have left memory while their record is being removed. */
  private readonly leaving = new Map<string, Promise<void>>();
  private readonly updateListeners = new Set<(session: LegacySession) => Promise<void>>();

  constructor(
    private readonly store: SessionStore,
    private readonly slots: SessionSlots,
    private readonly config: Config,
    private readonly events: EventLog,
  ) {}

  /**
   * Starts a session and stores it before the client gets its id.
   * @param chatId id of the chat that continues in the session
   * @throws JsonRpcError 503, 429
   */
  async create(
    principal: Principal,
    { protocolVersion, clientInfo, capabilities }: Initialization,
    view: View,
    chatId?: string,
  ): Promise<LegacySession> {
    const now = Date.now();
    if (!this.slots.isFreeFor(principal)) this.endIdle(now);
    this.slots.acquire(principal);
    try {
      const { key, tenant, issuer, subject } = principal;
      const record: SessionRecord = {
        principal: key,
        tenant,
        issuer,
        subject,
        protocolVersion,
        clientInfo,
        capabilities,
        apps: view.own === undefined && view.apps ? [...view.apps] : undefined,
        mode: view.isDynamic ? 'dynamic' : undefined,
        own: view.own,
        chatId,
        chatOwner: chatId === undefined ? undefined : key,
        createdAt: now,
        lastSeen: now,
      };
      const stored = await this.store.insert(randomBytes(32).toString('base64url'), record);
      const session = sessionOf(stored, principal.source, now);
      this.sessions.set(session.id, session);
      return session;
    } catch (error) {
      this.slots.release(principal);
      throw error;
    }
  }

  /**
   * Returns the caller's session. The error is the same for an unknown id, an ended session and another principal's session.
   * @throws JsonRpcError 400 without an id, 404 without such a session
   */
  async find(id: string | string[] | undefined, principal: Principal): Promise<LegacySession> {
    if (id === undefined) throw new JsonRpcError(TRANSPORT_ERROR, 'Mcp-Session-Id header is required', 400);
    const session = typeof id === 'string' ? await this.findAlive(id, principal, Date.now()) : undefined;
    if (!session) throw this.notFound(principal);
    return session;
  }

  /**
   * Returns the error for a session that the caller does not have. Clients of Integration.app start a new session at -32000, as the agent in
   * its documentation does, and all others at -32001.
   */
  notFound(principal: Principal): JsonRpcError {
    const ofIntegrationApp = holdsAccessToken(principal, this.config.integrationApp?.issuer);
    return sessionNotFound(ofIntegrationApp ? TRANSPORT_ERROR : undefined);
  }

  /** Returns the caller's session and updates `lastSeen`. Returns undefined if the caller has no such session. */
  async findAlive(id: string, principal: Principal, now: number): Promise<LegacySession | undefined> {
    const session = this.inMemory(id, now) ?? (await this.restore(id, principal));
    if (session?.principalKey !== principal.key) return undefined;
    session.lastSeen = now;
    return session;
  }

  /** Ends a session at the client's request: its streams, its calls and its record. */
  async end(session: LegacySession): Promise<void> {
    this.drop(session);
    await this.leave(session.id, () => this.remove(session));
  }

  /** Drops idle sessions from memory. Their records are removed, too, unless another replica has served the session in the meantime. */
  endIdle(now: number): void {
    for (const session of this.sessions.values()) {
      if (isIdle(session, now, this.config.sessionIdleTimeoutMs)) this.endIdleSession(session);
    }
  }

  all(): Iterable<LegacySession> {
    return this.sessions.values();
  }

  /** Returns a session that is in this process's memory, without a check of its owner. */
  served(id: string): LegacySession | undefined {
    return this.sessions.get(id);
  }

  /** @param listener called when another replica has changed a session that this replica also holds in memory */
  onUpdated(listener: (session: LegacySession) => Promise<void>): Unsubscribe {
    this.updateListeners.add(listener);
    return () => this.updateListeners.delete(listener);
  }

  private inMemory(id: string, now: number): LegacySession | undefined {
    const session = this.sessions.get(id);
    if (!session || !isIdle(session, now, this.config.sessionIdleTimeoutMs)) return session;
    this.endIdleSession(session);
    return undefined;
  }

  private async restore(id: string, caller: Principal): Promise<LegacySession | undefined> {
    if (!SESSION_ID.test(id)) return undefined;
    await this.leaving.get(id);
    const session = this.sessions.get(id);
    if (session) return session;
    let restoring = this.restoring.get(id);
    if (!restoring) {
      restoring = this.load(id, caller).finally(() => this.restoring.delete(id));
      this.restoring.set(id, restoring);
    }
    return restoring;
  }

  private async load(id: string, caller: Principal): Promise<LegacySession | undefined> {
    const stored = await this.store.get(id);
    if (!stored) return undefined;
    const source = stored.value.principal === caller.key ? caller.source : undefined;
    const session = sessionOf(stored, source, Date.now());
    this.slots.reacquire(holderOf(session));
    this.sessions.set(id, session);
    return session;
  }

  @OnAnnounced(SESSION_CHANGED)
  async changedElsewhere({ id, isGone = false }: SessionChanged): Promise<void> {
    await this.restoring.get(id)?.catch(() => undefined); // that load may have read the old record
    const session = this.sessions.get(id);
    if (!session) return;
    if (isGone) return this.drop(session);
    const stored = await this.store.get(id);
    if (!stored) return;
    update(session, stored);
    await Promise.all([...this.updateListeners].map((listener) => listener(session)));
  }

  private endIdleSession(session: LegacySession): void {
    this.drop(session);
    this.leave(session.id, async () => {
      const stored = await this.store.get(session.id);
      if (stored && stored.revision <= session.revision) await this.remove(session);
    }).catch((err: unknown) => this.logger.warn({ msg: 'an idle session stays in the store until it expires', err }));
  }

  private drop(session: LegacySession): void {
    if (!this.sessions.delete(session.id)) return;
    this.slots.release(holderOf(session));
    cancelAll(session.calls);
    endSubscriptions(session);
    session.stream?.end();
    this.events.forget(session);
  }

  private async remove(session: LegacySession): Promise<void> {
    await this.store.remove(session.id);
    await this.events.remove(session);
  }

  private leave(id: string, remove: () => Promise<void>): Promise<void> {
    const removal = remove();
    const settled = removal.then(
      () => undefined,
      () => undefined,
    );
    this.leaving.set(id, settled);
    return removal.finally(() => {
      if (this.leaving.get(id) === settled) this.leaving.delete(id);
    });
  }
}
