import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus } from '@manifold/bus';
import { confidentialFields, Store, type CollectionSpec } from '@manifold/store';
import { learnedRecords, putLearned, type LearnedRecords } from './learned-records.js';
import { serverKey } from '../model/server-record.js';
import type { UpstreamSession } from '@manifold/mcp-client';

/** The data with which a Streamable HTTP session can be resumed after a restart of the gateway. */
type SessionRecord = {
  tenant: string;
  name: string;
  sessionId: string;
  protocolVersion: string;
  initializeResult: string;
};

export const SERVER_SESSIONS: CollectionSpec<SessionRecord> = {
  name: 'mcp_server_sessions',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
  confidential: confidentialFields<SessionRecord>({ sessionId: '' }), // who has it can continue the session
};

/** The protocol revision that a server assumes if a request names none (MCP 2025-06-18, transports). */
const ASSUMED_VERSION = '2025-03-26';

/**
 * The HTTP session of each registered server that has one. With several replicas, each replica keeps its own session in
 * memory and stores none for a restart.
 */
@Injectable()
export class ServerSessions implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(ServerSessions.name);
  private readonly records: LearnedRecords<SessionRecord>;
  private readonly own = new Map<string, SessionRecord | undefined>();

  constructor(
    store: Store,
    private readonly bus: Bus,
  ) {
    this.records = learnedRecords(SERVER_SESSIONS, store, bus);
  }

  async onModuleInit(): Promise<void> {
    await this.records.load();
  }

  onApplicationShutdown(): void {
    this.records.close();
  }

  of(tenant: string, name: string): UpstreamSession | undefined {
    const record = this.record(tenant, name);
    if (!record) return undefined;
    const initializeResult = JSON.parse(record.initializeResult) as UpstreamSession['initializeResult'];
    return { id: record.sessionId, protocolVersion: record.protocolVersion, initializeResult };
  }

  idOf(tenant: string, name: string): string | undefined {
    return this.record(tenant, name)?.sessionId;
  }

  /** Uses a session id that an operator supplied. Nothing else is known about the session. */
  async adopt(tenant: string, name: string, sessionId: string): Promise<void> {
    this.own.delete(serverKey(tenant, name));
    const initializeResult = JSON.stringify({ protocolVersion: ASSUMED_VERSION, capabilities: { tools: {} } });
    await putLearned(this.records, { tenant, name, sessionId, protocolVersion: ASSUMED_VERSION, initializeResult });
  }

  /**
   * Notes that the connection has a new session, or lost its session. A failure of the store is only logged: the connection
   * works without it.
   */
  async changed(tenant: string, name: string, session: UpstreamSession | undefined): Promise<void> {
    if (this.bus.isShared) return this.keepHere(tenant, name, session);
    try {
      if (session) await putLearned(this.records, recordOf(tenant, name, session));
      else await this.records.remove({ tenant, name });
    } catch (error) {
      this.logger.error({ msg: 'the session of a server could not be stored', server: name, err: error });
    }
  }

  async forget(tenant: string, name: string): Promise<void> {
    this.own.delete(serverKey(tenant, name));
    await this.records.remove({ tenant, name });
  }

  private keepHere(tenant: string, name: string, session: UpstreamSession | undefined): void {
    this.own.set(serverKey(tenant, name), session && recordOf(tenant, name, session));
  }

  /** Returns the session of this replica if it has noted one or its loss, otherwise the stored session. */
  private record(tenant: string, name: string): SessionRecord | undefined {
    const key = serverKey(tenant, name);
    return this.own.has(key) ? this.own.get(key) : this.records.peek({ tenant, name });
  }
}

const recordOf = (tenant: string, name: string, session: UpstreamSession): SessionRecord => ({
  tenant,
  name,
  sessionId: session.id,
  protocolVersion: session.protocolVersion,
  initializeResult: JSON.stringify(session.initializeResult),
});
