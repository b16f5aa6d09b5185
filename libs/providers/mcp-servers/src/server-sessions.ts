import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Store, type CollectionSpec } from '@manifold/store';
import { LearnedRecords } from './learned-records.js';
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

/** The HTTP session of each registered server that has one. */
@Injectable()
export class ServerSessions implements OnModuleInit {
  private readonly logger = new Logger(ServerSessions.name);
  private records: LearnedRecords<SessionRecord>;

  constructor(private readonly store: Store) {}

  async onModuleInit(): Promise<void> {
    this.records = new LearnedRecords(this.store.collection(SERVER_SESSIONS));
    await this.records.load();
  }

  of(tenant: string, name: string): UpstreamSession | undefined {
    const record = this.records.get(tenant, name);
    if (!record) return undefined;
    const initializeResult = JSON.parse(record.initializeResult) as UpstreamSession['initializeResult'];
    return { id: record.sessionId, protocolVersion: record.protocolVersion, initializeResult };
  }

  idOf(tenant: string, name: string): string | undefined {
    return this.records.get(tenant, name)?.sessionId;
  }

  /** Takes over a session id that an operator brought along: nothing else is known of the session. */
  async adopt(tenant: string, name: string, sessionId: string): Promise<void> {
    const initializeResult = JSON.stringify({ protocolVersion: ASSUMED_VERSION, capabilities: { tools: {} } });
    await this.records.put({ tenant, name, sessionId, protocolVersion: ASSUMED_VERSION, initializeResult });
  }

  /** The connection has a new session, or lost the one it had. A store that fails is logged: the connection works without it. */
  async changed(tenant: string, name: string, session: UpstreamSession | undefined): Promise<void> {
    try {
      if (session) await this.records.put(recordOf(tenant, name, session));
      else await this.records.remove(tenant, name);
    } catch (error) {
      this.logger.error({ msg: 'the session of a server could not be stored', server: name, err: error });
    }
  }

  async forget(tenant: string, name: string): Promise<void> {
    await this.records.remove(tenant, name);
  }
}

const recordOf = (tenant: string, name: string, session: UpstreamSession): SessionRecord => ({
  tenant,
  name,
  sessionId: session.id,
  protocolVersion: session.protocolVersion,
  initializeResult: JSON.stringify(session.initializeResult),
});
