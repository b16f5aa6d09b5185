import { Logger } from '@nestjs/common';
import { notifyWhenSlow, tupleKey, untilAborted, withTimeLimit } from '@manifold/async';
import { hiddenForms } from '@manifold/secrets';
import { explain, ProviderError } from '@manifold/tool-provider';
import { CallsInFlight } from '../model/calls-in-flight.js';
import { isRefusal, wantsConsent } from '../connections/wants-consent.js';
import { listedEvery } from '../connections/listed-every.js';
import { ListingSchedule } from '../connections/listing-schedule.js';
import { ServerDedicatedConnections, type StartSupervision } from '../connections/server-dedicated-connections.js';
import { ServerPrimitives } from '../connections/server-primitives.js';
import { diagnosisOf, withLastLines } from './failure-reasons.js';
import { RestartBudget } from './restart-budget.js';
import type { ServerOwner } from './server-owner.js';
import { LocalProgram } from '../connections/local-program.js';
import type { Destination } from '../connections/server-connector.js';
import type { ConnectionMetadata } from '../metadata/server-metadata.js';
import type { ServerRecord } from '../model/server-record.js';
import type { CallableServer, Secrets, ServerStatus } from '../connections/server-run.js';
import type { LogRing, UpstreamConnection } from '@manifold/mcp-client';

const LISTING_LIMIT_MS = 30_000;
const LISTING_RETRY_MS = 30_000;
/** Time after which the listings of a tenant no longer wait for the start of a new server. */
const SLOW_MS = 5_000;
/** Number of failures after which a server is not restarted by itself if it needs a setting that it does not have. */
const HOPELESS_AFTER = 3;
const METHOD_NOT_FOUND = -32601;
const NO_SECRETS: Secrets = {};

/**
 * Keeps one connection of one configuration of a server.
 *
 * 1. `start` (or the first `connect`) installs the server's program on this machine, opens the connection as soon as the
 * queue allows, and lists the tools. 2. A connection that cannot be opened or ends by itself is opened again when a call
 * needs it. A connection shared by all users is also opened again after a delay. 3. `stop` ends everything for good, also
 * during a start. `retire` does so when the running calls have ended. A changed configuration gets a new object.
 */
export class SupervisedServer implements CallableServer {
  /** The reason why there is no connection, or why the tools may be out of date. It is written for operators. */
  lastError?: string;
  /** Set if the server requires a user's account, or a policy forbids it. Another attempt would fail the same way. */
  refusal?: { readonly error: ProviderError; readonly at: number };
  /** Resolves when the first start has failed, or has succeeded and everything is listed. */
  readonly settled: Promise<void>;
  readonly calls = new CallsInFlight();
  secrets = NO_SECRETS;
  live?: UpstreamConnection;
  /** The dedicated connections, for calls whose client accepts requests. */
  readonly dedicated: ServerDedicatedConnections;
  private readonly primitives: ServerPrimitives;
  private settle: () => void;
  private readonly logger = new Logger(SupervisedServer.name);
  private readonly ended = new AbortController();
  private readonly budget = new RestartBudget();
  private readonly listing: ListingSchedule;
  private connectedAt = 0;
  private starting?: Promise<UpstreamConnection>;
  /** The last attempt that left the queue. `stop` has to end it. */
  private opening?: Promise<UpstreamConnection>;
  private queued = false;
  private restart?: NodeJS.Timeout;
  private retiring = false;
  /** Whether a call waits for the start. */
  private isAwaited = false;
  private readonly program: LocalProgram;

  constructor(
    readonly record: ServerRecord,
    readonly log: LogRing,
    private readonly metadata: ConnectionMetadata,
    private readonly supervision: StartSupervision,
    private readonly owner?: ServerOwner,
  ) {
    this.program = new LocalProgram(record, supervision.connector);
    this.settled = new Promise((resolve) => (this.settle = resolve));
    const regularly = (): number | undefined => this.live && listedEvery(this.live, supervision.listingTtlMs);
    this.listing = new ListingSchedule(() => this.list(), regularly);
    this.primitives = new ServerPrimitives(record, metadata, log, this.ended.signal, regularly);
    this.dedicated = new ServerDedicatedConnections(() => this.destination, supervision, this.ended.signal);
  }

  get status(): ServerStatus {
    if (this.live) return 'connected';
    if (this.starting) return 'connecting';
    return this.lastError === undefined ? 'disconnected' : 'error';
  }

  /**
   * Returns the connection. A server that is not connected is started at once, even if it waits for a restart.
   * @param signal ends the waiting, not the start
   * @throws ProviderError
   */
  async connect(signal: AbortSignal): Promise<UpstreamConnection> {
    if (this.live) return this.live;
    this.ended.signal.throwIfAborted();
    if (!this.starting) this.spendRestart();
    this.isAwaited = true;
    this.start();
    if (this.queued) this.supervision.starts.setPriority(this.id, 1);
    return untilAborted(this.starting!, signal);
  }

  /** Starts the server. Has no effect if it is connected, starting or stopped. */
  start(): void {
    if (this.live || this.starting || this.ended.signal.aborted) return;
    clearTimeout(this.restart);
    this.budget.started(performance.now());
    this.starting = this.attempt();
    void this.starting
      .then(() => Promise.all([this.listing.now(), this.primitives.settled()]))
      .catch(() => undefined) // the error is in `lastError`, and is thrown to the callers that wait for the start
      .finally(this.settle);
  }

  /** Lists everything again, or starts the server. Resolves when that has ended; a failure is in `lastError`. */
  async refresh(): Promise<void> {
    if (!this.live) this.start();
    await this.starting?.catch(() => undefined);
    await Promise.all([this.listing.now(), this.primitives.refresh()]);
  }

  /** Lists the tools again soon: the server does not know one of them, or knows more. */
  doubtTools(): void {
    this.listing.doubt();
  }

  /**
   * Starts the server on trial, and verifies that it connects and lists its tools.
   * @throws ProviderError with the reason and the last lines of stderr if it does not connect or does not list its tools;
   *   the signal's reason
   */
  async verify(signal: AbortSignal): Promise<void> {
    this.start();
    await untilAborted(this.settled, signal);
    if (this.live && this.lastError === undefined) return;
    this.ended.signal.throwIfAborted();
    const reason = this.lastError ?? `Server ${this.record.name} is not connected`;
    throw new ProviderError('upstream_unavailable', withLastLines(reason, this.log));
  }

  /**
   * Ends this server after another configuration has replaced it. Resolves when the running calls have ended, after at most
   * a minute, and it is stopped.
   */
  async retire(): Promise<void> {
    this.retiring = true;
    clearTimeout(this.restart);
    this.metadata.end();
    await this.calls.over(this.ended.signal);
    await this.stop({ endSession: true });
  }

  /**
   * Ends the connection or the start in progress. When this resolves, no process or connection of the server is left.
   * @param options.endSession the HTTP session will not be resumed
   */
  async stop(options: { readonly endSession?: boolean } = {}): Promise<void> {
    this.ended.abort(new ProviderError('upstream_unavailable', `Server ${this.record.name} was stopped`));
    clearTimeout(this.restart);
    await Promise.all([this.closeConnection(options), this.dedicated.stop()]);
    await Promise.all([this.listing.stop(), this.primitives.stop()]);
    this.program.release();
    this.live = undefined;
    this.lastError = undefined;
    this.settle();
  }

  private async closeConnection(options: { readonly endSession?: boolean }): Promise<void> {
    const connection = await this.opening?.catch(() => undefined);
    await connection?.close(options);
  }

  private readonly markAttempted = (): void => this.metadata.markAttempted();

  private get id(): string {
    return tupleKey(this.record.tenant, this.record.name, this.owner?.key);
  }

  private spendRestart(): void {
    const wait = this.budget.waitAt(performance.now());
    if (wait === 0) return;
    const message = `Server ${this.record.name} failed too often in the last minute`;
    throw new ProviderError('upstream_unavailable', message, { retryAfter: Math.ceil(wait / 1000) });
  }

  private async attempt(): Promise<UpstreamConnection> {
    try {
      await notifyWhenSlow(SLOW_MS, this.markAttempted, () => this.program.prepare(this.ended.signal));
      if (this.owner) await this.openSecrets(this.owner);
      this.queued = true;
      const connection = await this.supervision.starts.add(() => (this.opening = this.open()), {
        id: this.id,
        // A user waits for this start. No user waits for servers that start with the gateway.
        priority: this.owner || this.isAwaited ? 1 : 0,
        signal: this.ended.signal,
      });
      this.opened(connection);
      return connection;
    } catch (error) {
      if (isRefusal(error, this.record)) this.refusal = { error, at: performance.now() };
      this.failed(explain(error), 0);
      throw error;
    } finally {
      this.queued = this.isAwaited = false;
      this.starting = undefined;
    }
  }

  private async openSecrets({ secrets }: ServerOwner): Promise<void> {
    this.secrets = await secrets();
    this.log.hide(hiddenForms(Object.values(this.secrets)));
  }

  private async open(): Promise<UpstreamConnection> {
    this.queued = false;
    const { connector, startTimeoutMs } = this.supervision;
    const { name, startupTimeout = startTimeoutMs } = this.record;
    const message = `Server ${name} did not answer within ${startupTimeout / 1000} s of its start`;
    const late = () => new ProviderError('upstream_unavailable', message);
    return notifyWhenSlow(SLOW_MS, this.markAttempted, () =>
      withTimeLimit(this.ended.signal, startupTimeout, late, (signal) => connector.connect(this.destination, signal)),
    );
  }

  private opened(connection: UpstreamConnection): void {
    this.ended.signal.throwIfAborted();
    this.live = connection;
    this.connectedAt = performance.now();
    this.lastError = undefined;
    this.refusal = undefined;
    connection.onClosed((reason) => this.closed(connection, reason));
    connection.onToolsChanged(() => this.listing.request());
    this.primitives.follow(connection);
    this.dedicated.follow(connection);
    this.logger.log({ msg: 'a server is connected', ...this.identity, pid: connection.pid });
  }

  private closed(connection: UpstreamConnection, reason: string): void {
    if (this.live !== connection) return;
    this.live = undefined;
    this.failed(reason, performance.now() - this.connectedAt);
  }

  /** @param lasted milliseconds that it was connected */
  private failed(reason: string, lasted: number): void {
    if (this.ended.signal.aborted) return;
    const { words, needsChange } = diagnosisOf(reason, this.record);
    this.lastError = this.log.clean(words);
    this.log.add(reason, 'error');
    this.metadata.markAttempted();
    if (this.retiring || this.owner || this.refusal) return;
    const restartInMs = Math.round(this.budget.failed(lasted, performance.now(), Math.random()));
    const isHopeless = needsChange && this.budget.failures >= HOPELESS_AFTER;
    if (isHopeless) return this.logger.warn({ msg: 'a server stays down', ...this.identity, reason });
    this.restart = setTimeout(() => this.start(), restartInMs);
    this.logger.warn({ msg: 'a server is down', ...this.identity, reason, restartInMs });
  }

  private async list(): Promise<void> {
    const { live: connection } = this;
    if (!connection || !this.metadata.wantsTools) return;
    try {
      const message = `Server ${this.record.name} did not list its tools within ${LISTING_LIMIT_MS / 1000} s`;
      const late = () => new ProviderError('upstream_unavailable', message);
      const definitions = await withTimeLimit(this.ended.signal, LISTING_LIMIT_MS, late, (signal) =>
        connection.listTools(signal),
      );
      if (this.ended.signal.aborted) return;
      this.lastError = undefined;
      await this.metadata.listed(definitions);
    } catch (error) {
      if (this.live === connection && !this.ended.signal.aborted) this.listingFailed(error);
    }
  }

  /** Handles a failed listing. The tools that were listed before stay in use. */
  private listingFailed(error: unknown): void {
    if (error instanceof ProviderError && error.rpcError?.code === METHOD_NOT_FOUND) {
      void this.metadata.listed([]);
      return;
    }
    this.lastError = this.log.clean(`Its tools could not be listed: ${explain(error)}`);
    this.log.add(this.lastError, 'error');
    if (wantsConsent(error, this.record)) this.refusal = { error, at: performance.now() };
    this.metadata.markAttempted();
    if (!this.refusal) this.listing.request(LISTING_RETRY_MS);
    this.logger.warn({ msg: 'a server cannot list its tools', ...this.identity, err: error });
  }

  private get destination(): Destination {
    const { secrets, metadata, log, calls, owner } = this;
    const { record, folder, dataFiles } = this.program;
    const program = { record, folder, dataFiles, stored: this.record };
    return { ...program, secrets, metadata, log, calls, user: owner?.principal };
  }

  private get identity(): { tenant: string; server: string } {
    return { tenant: this.record.tenant, server: this.record.name };
  }
}
