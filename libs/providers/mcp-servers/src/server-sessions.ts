import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Bus } from '@manifold/bus';
import { Store, type CollectionSpec } from '@manifold/store';
import { LearnedRecords } from './learned-records.js';
import { serverKey } from './server-record.js';
import type { UpstreamSession } from './upstream/index.js';

/** What a Streamable HTTP session needs to go on after a restart of the gateway. */
type SessionRecord = {
  tenant: string;
  name: string;
  sessionId: string;
  protocolVersion: string;
  initializeResult: string;
};

const SERVER_SESSIONS: CollectionSpec<SessionRecord> = {
  name: 'mcp_server_sessions',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
};

/** The protocol revision that a server assumes where none is named (MCP 2025-06-18, transports). */
const ASSUMED_VERSION = '2025-03-26';

/** The HTTP session of each registered server that has one. With several replicas each has its own, and none is stored for a restart. */
@Injectable()
export class ServerSessions implements OnModuleInit {
  private readonly logger = new Logger(ServerSessions.name);
  private records: LearnedRecords<SessionRecord>;
  private readonly own = new Map<string, SessionRecord | undefined>();

  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
  ) {}

  async onModuleInit(): Promise<void> {
    this.records = new LearnedRecords(SERVER_SESSIONS, this.store, this.bus);
    await this.records.load();
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

  /** Takes over a session id that an operator brought along: nothing else is known of the session. */
  async adopt(tenant: string, name: string, sessionId: string): Promise<void> {
    this.own.delete(serverKey(tenant, name));
    const initializeResult = JSON.stringify({ protocolVersion: ASSUMED_VERSION, capabilities: { tools: {} } });
    await this.records.put({ tenant, name, sessionId, protocolVersion: ASSUMED_VERSION, initializeResult });
  }

  /** The connection has a new session, or lost the one it had. A store that fails is logged: the connection works without it. */
  async changed(tenant: string, name: string, session: UpstreamSession | undefined): Promise<void> {
    if (this.bus.isShared) return this.keepHere(tenant, name, session);
    try {
      if (session) await this.records.put(recordOf(tenant, name, session));
      else await this.records.remove(tenant, name);
    } catch (error) {
      this.logger.error({ msg: 'the session of a server could not be stored', server: name, err: error });
    }
  }

  async forget(tenant: string, name: string): Promise<void> {
    this.own.delete(serverKey(tenant, name));
    await this.records.remove(tenant, name);
  }

  private keepHere(tenant: string, name: string, session: UpstreamSession | undefined): void {
    this.own.set(serverKey(tenant, name), session && recordOf(tenant, name, session));
  }

  /** What this replica has found out comes before what is stored. */
  private record(tenant: string, name: string): SessionRecord | undefined {
    const key = serverKey(tenant, name);
    return this.own.has(key) ? this.own.get(key) : this.records.get(tenant, name);
  }
}

const recordOf = (tenant: string, name: string, session: UpstreamSession): SessionRecord => ({
  tenant,
  name,
  sessionId: session.id,
  protocolVersion: session.protocolVersion,
  initializeResult: JSON.stringify(session.initializeResult),
});
