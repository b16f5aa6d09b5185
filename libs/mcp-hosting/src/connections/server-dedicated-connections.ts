import { Logger } from '@nestjs/common';
import type PQueue from 'p-queue';
import { withTimeLimit } from '@manifold/async';
import { ProviderError, type CallContext, type RawObject, type ToolDefinition } from '@manifold/tool-provider';
import type { Destination, ServerConnector } from './server-connector.js';
import type { DedicatedConnections } from './server-run.js';
import { ALL_CAPABILITIES, type UpstreamConnection } from '@manifold/mcp-client';
import { connectionOwnerOf } from '../dedicated/client-capabilities.js';
import type { ToolNeeds } from '../metadata/server-tools.js';
import { DedicatedConnectionPool } from '../dedicated/dedicated-connection-pool.js';

/** Maximum number of open connections. Each is a process for a stdio server, and a session for an HTTP server. */
const MOST_DEDICATED = { stdio: 8, streamable_http: 64 } as const;
/** Maximum number of open connections of a server instance that serves a single user. */
const MOST_OF_ONE_USER = 4;
const IDLE_MS = 5 * 60_000;
const LISTING_LIMIT_MS = 30_000;
/** Minimum time between two attempts to list the tools for clients. */
const RETRY_MS = 10 * 60_000;
/** Priority in the queue of starts. Calls have a higher priority. */
const NOT_URGENT = -1;

/** Dependencies of everything that starts servers. */
export interface StartSupervision {
  readonly connector: ServerConnector;
  /** Limits how many servers start at the same time. */
  readonly starts: PQueue;
  /** Start timeout of servers whose own settings have none; milliseconds. */
  readonly startTimeoutMs: number;
  /** Milliseconds after which a server that announces no changes is listed again. */
  readonly listingTtlMs: number;
}

/**
 * The connections of one configuration of a server on which the server can send requests to a client.
 *
 * The connection that all callers share declares no client capabilities, so the server sends no requests to clients on it.
 * A call uses a connection dedicated to its caller ({@link DedicatedConnectionPool}) if its client accepts requests or if
 * its log lines must be kept apart from those of other calls. A server that may have only one connection never needs
 * dedicated ones: see {@link SerializedConnection}.
 */
export class ServerDedicatedConnections implements DedicatedConnections {
  private readonly logger = new Logger(ServerDedicatedConnections.name);
  private readonly pool: DedicatedConnectionPool;
  private shared?: UpstreamConnection;
  private isWanted = false;
  private exploration?: Promise<void>;
  private exploredAt = -Infinity;

  /**
   * @param server returns the target of the connections
   * @param ended aborts when the server is stopped
   */
  constructor(
    private readonly server: () => Destination,
    private readonly supervision: StartSupervision,
    private readonly ended: AbortSignal,
  ) {
    const { record, user } = server();
    const most = user ? MOST_OF_ONE_USER : MOST_DEDICATED[record.transport.transportType];
    const limits = { most, idleMs: IDLE_MS };
    this.pool = new DedicatedConnectionPool(
      limits,
      (capabilities, signal) => this.open(capabilities, signal, 1),
      ended,
    );
  }

  run<T>(context: CallContext, call: (connection: UpstreamConnection) => Promise<T>): Promise<T> {
    if (context.client) this.onClientConnected();
    return this.pool.run(connectionOwnerOf(context), context.signal, call);
  }

  /** Notes that a client that accepts requests has connected. The server may list more tools for such a client. */
  onClientConnected(): void {
    this.isWanted = true;
    this.explore();
  }

  /** Sets the current shared connection. */
  follow(shared: UpstreamConnection): void {
    this.shared = shared;
    this.explore();
  }

  /** Closes all connections. Resolves when they are closed. */
  async stop(): Promise<void> {
    await Promise.all([this.pool.stop(), this.exploration]);
  }

  /**
   * Lists, once for each version of the configuration, the tools that the server offers only to clients that accept
   * requests. Many servers declare such tools only to these clients. A connection that declares all capabilities is opened
   * for the listing and closed afterwards. If there are such tools, connections with one capability each show what they need.
   */
  private explore(): void {
    if (!this.isWanted || !this.shared || this.shared.correlates.requests || this.exploration) return;
    if (performance.now() < this.exploredAt + RETRY_MS) return;
    const { record, metadata } = this.server();
    if (this.ended.aborted || metadata.hasExplored(record.updatedAt)) return;
    this.exploredAt = performance.now();
    this.exploration = this.listForClients().finally(() => (this.exploration = undefined));
  }

  /** Never rejects. */
  private async listForClients(): Promise<void> {
    const { record, metadata } = this.server();
    const { tenant, name, updatedAt } = record;
    try {
      const definitions = await this.toolsFor(ALL_CAPABILITIES);
      const needs = await this.needsOf(definitions);
      if (!this.ended.aborted) await metadata.listedForClients({ definitions, needs }, updatedAt);
    } catch (error) {
      if (this.ended.aborted) return;
      this.logger.warn({ msg: 'the tools for clients cannot be listed', tenant, server: name, err: error });
    }
  }

  /** Returns, by the names of the tools that are not for all clients, the capabilities of which each needs one. */
  private async needsOf(definitions: readonly ToolDefinition[]): Promise<ToolNeeds> {
    const forAll = new Set((await this.listed(this.shared!)).map(({ name }) => name));
    const special = definitions.filter(({ name }) => !forAll.has(name));
    if (special.length === 0) return {};
    const found = new Map<string, string[]>(special.map(({ name }) => [name, []]));
    for (const [capability, value] of Object.entries(ALL_CAPABILITIES)) {
      for (const { name } of await this.toolsFor({ [capability]: value })) found.get(name)?.push(capability);
    }
    return Object.fromEntries([...found].filter(([, capabilities]) => capabilities.length > 0));
  }

  /** Returns the tools that the server lists for a client with these capabilities. */
  private async toolsFor(capabilities: RawObject): Promise<readonly ToolDefinition[]> {
    const connection = await this.open(capabilities, this.ended, NOT_URGENT);
    try {
      return await this.listed(connection);
    } finally {
      await connection.close({ endSession: true });
    }
  }

  private listed(connection: UpstreamConnection): Promise<readonly ToolDefinition[]> {
    const { name } = this.server().record;
    const message = `Server ${name} did not list its tools for clients within ${LISTING_LIMIT_MS / 1000} s`;
    const late = () => new ProviderError('upstream_unavailable', message);
    return withTimeLimit(this.ended, LISTING_LIMIT_MS, late, (limit) => connection.listTools(limit));
  }

  private async open(capabilities: RawObject, signal: AbortSignal, priority: number): Promise<UpstreamConnection> {
    const { connector, starts, startTimeoutMs } = this.supervision;
    const { name, startupTimeout = startTimeoutMs } = this.server().record;
    const message = `Server ${name} did not answer within ${startupTimeout / 1000} s of its start`;
    const late = () => new ProviderError('upstream_unavailable', message);
    const either = AbortSignal.any([this.ended, signal]);
    let opening: Promise<UpstreamConnection> | undefined;
    const start = (): Promise<UpstreamConnection> =>
      (opening = withTimeLimit(either, startupTimeout, late, (limit) =>
        connector.connect(this.server(), limit, capabilities),
      ));
    try {
      return await starts.add(start, { priority, signal: either });
    } catch (error) {
      // The queue does not wait until an aborted start has ended.
      await opening?.then(
        (connection) => connection.close({ endSession: true }),
        () => undefined,
      );
      throw error;
    }
  }
}
