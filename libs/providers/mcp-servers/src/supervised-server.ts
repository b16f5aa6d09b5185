import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type PQueue from 'p-queue';
import { ProviderError } from '@manifold/tool-provider';
import { CallsInFlight } from './calls-in-flight.js';
import { ListingSchedule } from './listing-schedule.js';
import { RestartBudget } from './restart-budget.js';
import type { ServerConnector } from './server-connector.js';
import type { ServerFindings } from './server-findings.js';
import type { ServerRecord } from './server-record.js';
import { withTimeLimit } from './time-limit.js';
import { untilAborted } from './until-aborted.js';
import type { LogRing, UpstreamConnection } from './upstream/index.js';

export type ServerStatus = 'connecting' | 'connected' | 'disconnected' | 'error';

const START_LIMIT_MS = 30_000;
const LISTING_LIMIT_MS = 30_000;
const LISTING_RETRY_MS = 30_000;
/** A new server that takes longer to start no longer holds up the listings of its tenant. */
const PATIENCE_MS = 5_000;
/** Calls that were looked up before the server was replaced may still come this late. */
const LATE_CALLS_MS = 1_000;
/** What a call in flight gets on top of that before its server is stopped. */
const LAST_CALLS_MS = 59_000;
/** Of stderr, in the report of a configuration that does not work. */
const LAST_LINES = 10;
const METHOD_NOT_FOUND = -32601;

/** What all supervised servers share. */
export interface Supervision {
  readonly connector: ServerConnector;
  /** Bounds how many servers are in their start at a time. */
  readonly starts: PQueue;
}

/**
 * Keeps the connection of one configuration of one server.
 *
 * 1. `start` (or the first `connect`) opens the connection as soon as the queue allows, and lists the tools; 2. a connection that
 * cannot be opened or ends by itself is opened again after a while, or when a call needs it; 3. `stop` ends everything for good,
 * also in the middle of a start, and `retire` when the calls in flight have ended: a changed configuration gets a new object.
 */
export class SupervisedServer {
  /** Why there is no connection, or why the tools may be out of date, in words for an operator. */
  lastError?: string;
  /** Resolves when the first start has succeeded, tools listed, or has failed. */
  readonly settled: Promise<void>;
  /** Whoever calls says so, for `retire`. */
  readonly calls = new CallsInFlight();
  private settle: () => void;
  private readonly logger = new Logger(SupervisedServer.name);
  private readonly ended = new AbortController();
  private readonly budget = new RestartBudget();
  private readonly listing = new ListingSchedule(() => this.list());
  private connection?: UpstreamConnection;
  private connectedAt = 0;
  private starting?: Promise<UpstreamConnection>;
  /** The last attempt that left the queue: what `stop` has to end. */
  private opening?: Promise<UpstreamConnection>;
  private queued = false;
  private restart?: NodeJS.Timeout;
  private retiring = false;

  constructor(
    readonly record: ServerRecord,
    readonly log: LogRing,
    readonly findings: ServerFindings,
    private readonly supervision: Supervision,
  ) {
    this.settled = new Promise((resolve) => (this.settle = resolve));
  }

  get status(): ServerStatus {
    if (this.connection) return 'connected';
    if (this.starting) return 'connecting';
    return this.lastError === undefined ? 'disconnected' : 'error';
  }

  get isRetiring(): boolean {
    return this.retiring;
  }

  /** The connection, if it is open now: the warm path of a call. */
  get live(): UpstreamConnection | undefined {
    return this.connection;
  }

  /**
   * The connection; a server that is not connected is started at once, even when it waits for a restart.
   * @param signal ends the waiting, not the start
   * @throws ProviderError
   */
  async connect(signal: AbortSignal): Promise<UpstreamConnection> {
    if (this.connection) return this.connection;
    this.ended.signal.throwIfAborted();
    if (!this.starting) this.spendRestart();
    this.start();
    if (this.queued) this.supervision.starts.setPriority(this.id, 1);
    return untilAborted(this.starting!, signal);
  }

  /** Without effect when it is connected, starting or stopped. */
  start(): void {
    if (this.connection || this.starting || this.ended.signal.aborted) return;
    clearTimeout(this.restart);
    this.budget.started(Date.now());
    this.starting = this.attempt();
    void this.starting
      .then(() => this.listing.now())
      .catch(() => undefined) // it is in `lastError`, and with those who wait for the start
      .finally(this.settle);
  }

  /**
   * Starts the server for a trial.
   * @throws ProviderError that says with the last lines of stderr why it does not connect or list its tools; the signal's reason
   */
  async prove(signal: AbortSignal): Promise<void> {
    this.start();
    await untilAborted(this.settled, signal);
    if (this.connection && this.lastError === undefined) return;
    this.ended.signal.throwIfAborted();
    const reason = this.lastError ?? `Server ${this.record.name} is not connected`;
    const lines = this.log.lines().filter(({ level, message }) => level === 'error' && message !== reason);
    const words = lines.slice(-LAST_LINES).map(({ message }) => message);
    throw new ProviderError('upstream_unavailable', [reason, ...words].join('\n'));
  }

  /** Another configuration has taken its place. Resolves when the calls in flight have ended, after a minute at most, and it is stopped. */
  async retire(): Promise<void> {
    this.retiring = true;
    clearTimeout(this.restart);
    this.findings.end();
    await this.lastCalls();
    await this.stop({ endSession: true });
  }

  /**
   * Ends the connection or the start that is under way. Nothing of the server runs any more when this resolves.
   * @param options.endSession the HTTP session will not be resumed
   */
  async stop(options: { readonly endSession?: boolean } = {}): Promise<void> {
    this.ended.abort(new ProviderError('upstream_unavailable', `Server ${this.record.name} was stopped`));
    clearTimeout(this.restart);
    const connection = await this.opening?.catch(() => undefined);
    await connection?.close(options);
    await this.listing.stop();
    this.connection = undefined;
    this.lastError = undefined;
    this.settle();
  }

  private async lastCalls(): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([this.ended.signal, over.signal]);
    try {
      await delay(LATE_CALLS_MS, undefined, { signal });
      await Promise.race([this.calls.idle(), delay(LAST_CALLS_MS, undefined, { signal })]);
    } catch {
      // it was stopped meanwhile
    } finally {
      over.abort();
    }
  }

  private get id(): string {
    return JSON.stringify([this.record.tenant, this.record.name]);
  }

  private spendRestart(): void {
    const wait = this.budget.waitAt(Date.now());
    if (wait === 0) return;
    const message = `Server ${this.record.name} failed too often in the last minute`;
    throw new ProviderError('upstream_unavailable', message, { retryAfter: Math.ceil(wait / 1000) });
  }

  private async attempt(): Promise<UpstreamConnection> {
    this.queued = true;
    try {
      const connection = await this.supervision.starts.add(() => (this.opening = this.open()), {
        id: this.id,
        signal: this.ended.signal,
      });
      this.opened(connection);
      return connection;
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error), 0);
      throw error;
    } finally {
      this.queued = false;
      this.starting = undefined;
    }
  }

  private async open(): Promise<UpstreamConnection> {
    this.queued = false;
    const { connector } = this.supervision;
    const { name } = this.record;
    const patience = setTimeout(() => this.findings.tried(), PATIENCE_MS);
    try {
      const message = `Server ${name} did not answer within ${START_LIMIT_MS / 1000} s of its start`;
      return await withTimeLimit(this.ended.signal, START_LIMIT_MS, message, (signal) =>
        connector.connect(this.record, this.findings, this.log, signal),
      );
    } finally {
      clearTimeout(patience);
    }
  }

  private opened(connection: UpstreamConnection): void {
    this.ended.signal.throwIfAborted();
    this.connection = connection;
    this.connectedAt = Date.now();
    this.lastError = undefined;
    connection.onClosed((reason) => this.closed(connection, reason));
    connection.onToolsChanged(() => this.listing.request());
    this.logger.log({ msg: 'a server is connected', ...this.identity, pid: connection.pid });
  }

  private closed(connection: UpstreamConnection, reason: string): void {
    if (this.connection !== connection) return;
    this.connection = undefined;
    this.failed(reason, Date.now() - this.connectedAt);
  }

  /** @param lasted milliseconds that it was connected */
  private failed(reason: string, lasted: number): void {
    if (this.ended.signal.aborted) return;
    this.lastError = reason;
    this.log.add(reason, 'error');
    this.findings.tried();
    if (this.retiring) return;
    const restartInMs = Math.round(this.budget.failed(lasted, Date.now(), Math.random()));
    this.restart = setTimeout(() => this.start(), restartInMs);
    this.logger.warn({ msg: 'a server is down', ...this.identity, reason, restartInMs });
  }

  private async list(): Promise<void> {
    const { connection } = this;
    if (!connection) return;
    const { name } = this.record;
    try {
      const message = `Server ${name} did not list its tools within ${LISTING_LIMIT_MS / 1000} s`;
      const definitions = await withTimeLimit(this.ended.signal, LISTING_LIMIT_MS, message, (signal) =>
        connection.listTools(signal),
      );
      if (this.ended.signal.aborted) return;
      this.lastError = undefined;
      await this.findings.listed(definitions);
    } catch (error) {
      if (this.connection === connection && !this.ended.signal.aborted) this.listingFailed(error);
    }
  }

  /** The tools stay as they were listed before. */
  private listingFailed(error: unknown): void {
    if (error instanceof ProviderError && error.rpcError?.code === METHOD_NOT_FOUND) {
      void this.findings.listed([]);
      return;
    }
    this.lastError = `Its tools could not be listed: ${error instanceof Error ? error.message : String(error)}`;
    this.log.add(this.lastError, 'error');
    this.findings.tried();
    this.listing.request(LISTING_RETRY_MS);
    this.logger.warn({ msg: 'a server cannot list its tools', ...this.identity, err: error });
  }

  private get identity(): { tenant: string; server: string } {
    return { tenant: this.record.tenant, server: this.record.name };
  }
}
