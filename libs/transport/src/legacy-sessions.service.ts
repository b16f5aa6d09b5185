import { randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Bus, type Unsubscribe } from '@manifold/bus';
import { Config } from '@manifold/config';
import type { View } from '@manifold/tool-registry';
import { cancelAll } from './calls-in-flight.js';
import { EventLog } from './event-log.js';
import type { Initialization } from './initialize.js';
import { JsonRpcError, sessionNotFound, TRANSPORT_ERROR } from './json-rpc-error.js';
import { isIdle, sessionOf, update, type LegacySession } from './legacy-session.js';
import { endSubscriptions } from './resource-subscriptions.js';
import { SessionPlaces } from './session-places.js';
import { SESSION_CHANGED, SessionStore, type SessionRecord } from './session-store.js';

/** 32 random bytes in base64url. */
const SESSION_ID = /^[A-Za-z0-9_-]{43}$/;

/**
 * The sessions of the legacy era: in memory while they are used, in the store for as long as they live. Each replica that serves a
 * session has it in memory; what one changes in the store, the others take over.
 */
@Injectable()
export class LegacySessions implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(LegacySessions.name);
  private readonly sessions = new Map<string, LegacySession>();
  private readonly restoring = new Map<string, Promise<LegacySession | undefined>>();
  /** Sessions that have left memory and whose record is being removed. */
  private readonly leaving = new Map<string, Promise<void>>();
  private readonly updateListeners = new Set<(session: LegacySession) => Promise<void>>();
  private unsubscribe?: Unsubscribe;

  constructor(
    private readonly store: SessionStore,
    private readonly places: SessionPlaces,
    private readonly config: Config,
    private readonly events: EventLog,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.bus.onAnnounced(SESSION_CHANGED, ({ id, isGone }) => this.changedElsewhere(id, isGone));
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /**
   * Starts a session. It is in the store before the client learns its id.
   * @param chatId of the chat that is to continue in it
   * @throws JsonRpcError 503
   */
  async create(
    principal: Principal,
    { protocolVersion, clientInfo, capabilities }: Initialization,
    view: View,
    chatId?: string,
  ): Promise<LegacySession> {
    const now = Date.now();
    if (this.places.isFull) this.endIdle(now);
    this.places.take();
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
      const session = sessionOf(stored, now);
      this.sessions.set(session.id, session);
      return session;
    } catch (error) {
      this.places.free();
      throw error;
    }
  }

  /**
   * The caller's session. Whether an id is unknown, ended or another principal's cannot be told from the answer.
   * @throws JsonRpcError 400 without an id, 404 without such a session
   */
  async find(id: string | string[] | undefined, principal: Principal): Promise<LegacySession> {
    if (id === undefined) throw new JsonRpcError(TRANSPORT_ERROR, 'Mcp-Session-Id header is required', 400);
    const session = typeof id === 'string' ? await this.findAlive(id, principal, Date.now()) : undefined;
    if (!session) throw sessionNotFound();
    return session;
  }

  /** The caller's session, if there is such a one; the client has just been seen in it then. */
  async findAlive(id: string, principal: Principal, now: number): Promise<LegacySession | undefined> {
    const session = this.inMemory(id, now) ?? (await this.restore(id));
    if (session?.principalKey !== principal.key) return undefined;
    session.lastSeen = now;
    return session;
  }

  /** The client ends its session: streams, calls and the record go. */
  async end(session: LegacySession): Promise<void> {
    this.drop(session);
    await this.leave(session.id, () => this.remove(session));
  }

  /** Drops sessions that nobody has used for too long, unless another replica has served them meanwhile. */
  endIdle(now: number): void {
    for (const session of this.sessions.values()) {
      if (isIdle(session, now, this.config.sessionIdleTimeoutMs)) this.endIdleSession(session);
    }
  }

  all(): Iterable<LegacySession> {
    return this.sessions.values();
  }

  /** The session if this process serves it, whoever's it is. */
  served(id: string): LegacySession | undefined {
    return this.sessions.get(id);
  }

  /** @param listener called when another replica has changed a session that this one serves, too */
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

  private async restore(id: string): Promise<LegacySession | undefined> {
    if (!SESSION_ID.test(id)) return undefined;
    await this.leaving.get(id);
    const session = this.sessions.get(id);
    if (session) return session;
    let restoring = this.restoring.get(id);
    if (!restoring) {
      restoring = this.load(id).finally(() => this.restoring.delete(id));
      this.restoring.set(id, restoring);
    }
    return restoring;
  }

  private async load(id: string): Promise<LegacySession | undefined> {
    const stored = await this.store.get(id);
    if (!stored) return undefined;
    const session = sessionOf(stored, Date.now());
    this.places.retake();
    this.sessions.set(id, session);
    return session;
  }

  private async changedElsewhere(id: string, isGone = false): Promise<void> {
    await this.restoring.get(id)?.catch(() => undefined); // it may have read the record as it was before
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
    this.places.free();
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
