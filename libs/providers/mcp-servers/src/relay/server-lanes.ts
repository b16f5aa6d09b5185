import { Logger } from '@nestjs/common';
import type PQueue from 'p-queue';
import type { CallContext, RawObject } from '@manifold/tool-provider';
import type { Destination, ServerConnector } from '../server-connector.js';
import type { Lanes } from '../server-run.js';
import { withTimeLimit } from '../time-limit.js';
import { ALL_CAPABILITIES, type UpstreamConnection } from '../upstream/index.js';
import { laneUserOf } from './client-capabilities.js';
import { LanePool } from './lane-pool.js';

/** A lane of a stdio server is a process; one of an HTTP server is a session. */
const MOST_LANES = { stdio: 8, streamable_http: 64 } as const;
/** Of a server that serves one user only. */
const MOST_OF_ONE_USER = 4;
const IDLE_MS = 5 * 60_000;
const LISTING_LIMIT_MS = 30_000;
/** A server whose tools for clients could not be listed is asked again at the earliest after this time. */
const RETRY_MS = 10 * 60_000;
/** Calls come before it in the queue of starts. */
const NOT_URGENT = -1;

export interface LaneSupervision {
  readonly connector: ServerConnector;
  /** Bounds how many servers are in their start at a time. */
  readonly starts: PQueue;
  /** How long a server may take to start, unless its own settings say otherwise; milliseconds. */
  readonly startTimeoutMs: number;
}

/**
 * The connections of one configuration of a server on which its clients can be asked.
 *
 * What all callers share declares no client capabilities, so that the server never asks there. A call whose client can be asked, or
 * whose log lines must be told from those of others, runs on a lane of its caller ({@link LanePool}). A server that may have one
 * connection only never comes to that: see {@link SingleLine}.
 */
export class ServerLanes implements Lanes {
  private readonly logger = new Logger(ServerLanes.name);
  private readonly pool: LanePool;
  private shared?: UpstreamConnection;
  private isWanted = false;
  private exploration?: Promise<void>;
  private exploredAt = -Infinity;

  /**
   * @param server where the lanes lead to
   * @param ended aborts when the server is stopped
   */
  constructor(
    private readonly server: () => Destination,
    private readonly supervision: LaneSupervision,
    private readonly ended: AbortSignal,
  ) {
    const { record, user } = server();
    const most = user ? MOST_OF_ONE_USER : MOST_LANES[record.transport.transportType];
    const limits = { most, idleMs: IDLE_MS };
    this.pool = new LanePool(limits, (capabilities, signal) => this.open(capabilities, signal, 1), ended);
  }

  mustRoute({ client, onLog }: CallContext, { tellsApart }: UpstreamConnection): boolean {
    return (client !== undefined && !tellsApart.questions) || (onLog !== undefined && !tellsApart.logs);
  }

  run<T>(context: CallContext, call: (connection: UpstreamConnection) => Promise<T>): Promise<T> {
    if (context.client) this.clientArrived();
    return this.pool.run(laneUserOf(context), context.signal, call);
  }

  /** A client that can be asked is there: it may be listed more than others. */
  clientArrived(): void {
    this.isWanted = true;
    this.explore();
  }

  /** What is the shared connection from now on. */
  follow(shared: UpstreamConnection): void {
    this.shared = shared;
    this.explore();
  }

  /** Resolves when nothing of the lanes runs any more. */
  async stop(): Promise<void> {
    await Promise.all([this.pool.stop(), this.exploration]);
  }

  /**
   * Finds out, once for each version of the configuration, which tools the server has only for clients that can be asked: many
   * declare those only to such. A lane that declares everything is opened for that, and closed again.
   */
  private explore(): void {
    if (!this.isWanted || !this.shared || this.shared.tellsApart.questions || this.exploration) return;
    if (performance.now() < this.exploredAt + RETRY_MS) return;
    const { record, findings } = this.server();
    if (this.ended.aborted || findings.hasExplored(record.updatedAt)) return;
    this.exploredAt = performance.now();
    this.exploration = this.listForClients().finally(() => (this.exploration = undefined));
  }

  /** Never rejects. */
  private async listForClients(): Promise<void> {
    const { record, findings } = this.server();
    const { tenant, name, updatedAt } = record;
    let lane: UpstreamConnection | undefined;
    try {
      lane = await this.open(ALL_CAPABILITIES, this.ended, NOT_URGENT);
      const message = `Server ${name} did not list its tools for clients within ${LISTING_LIMIT_MS / 1000} s`;
      const tools = await withTimeLimit(this.ended, LISTING_LIMIT_MS, message, (limit) => lane!.listTools(limit));
      if (!this.ended.aborted) await findings.listedForClients(tools, updatedAt);
    } catch (error) {
      if (this.ended.aborted) return;
      this.logger.warn({ msg: 'the tools for clients cannot be listed', tenant, server: name, err: error });
    } finally {
      await lane?.close({ endSession: true });
    }
  }

  private async open(capabilities: RawObject, signal: AbortSignal, priority: number): Promise<UpstreamConnection> {
    const { connector, starts, startTimeoutMs } = this.supervision;
    const { name, startupTimeout = startTimeoutMs } = this.server().record;
    const message = `Server ${name} did not answer within ${startupTimeout / 1000} s of its start`;
    const either = AbortSignal.any([this.ended, signal]);
    let opening: Promise<UpstreamConnection> | undefined;
    const start = (): Promise<UpstreamConnection> =>
      (opening = withTimeLimit(either, startupTimeout, message, (limit) =>
        connector.connect(this.server(), limit, capabilities),
      ));
    try {
      return await starts.add(start, { priority, signal: either });
    } catch (error) {
      // The queue does not wait for the end of what it has started.
      await opening?.then(
        (connection) => connection.close({ endSession: true }),
        () => undefined,
      );
      throw error;
    }
  }
}
