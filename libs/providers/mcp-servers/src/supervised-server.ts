import { Logger } from '@nestjs/common';
import { untilAborted } from '@manifold/cancellation';
import type { Principal } from '@manifold/auth';
import { ProviderError } from '@manifold/tool-provider';
import { CallsInFlight } from './calls-in-flight.js';
import { wantsConsent } from './consent/wants-consent.js';
import { ListingSchedule } from './listing-schedule.js';
import { ServerLanes, type LaneSupervision } from './relay/server-lanes.js';
import { ServerOffer } from './relay/server-offer.js';
import { RestartBudget } from './restart-budget.js';
import { LocalProgram } from './local-program.js';
import type { Destination } from './server-connector.js';
import type { Findings } from './server-findings.js';
import type { ServerRecord } from './server-record.js';
import type { CallableServer, Secrets, ServerStatus } from './server-run.js';
import { withPatience, withTimeLimit } from './time-limit.js';
import type { LogRing, UpstreamConnection } from './upstream/index.js';

const LISTING_LIMIT_MS = 30_000;
const LISTING_RETRY_MS = 30_000;
/** A new server that takes longer to start no longer holds up the listings of its tenant. */
const PATIENCE_MS = 5_000;
/** Of stderr, in the report of a configuration that does not work. */
const LAST_LINES = 10;
const METHOD_NOT_FOUND = -32601;

const NO_SECRETS: Secrets = {};

/** What all supervised servers share. */
export type Supervision = LaneSupervision;

/** Of a connection that is not for everybody. */
export interface ServerOwner {
  /** Different for all owners of one server. */
  readonly key: string;
  /** Whose it is; undefined: nobody's yet. */
  readonly principal?: Principal;
  /** What each new connection is opened with. Rejects with ProviderError. */
  readonly secrets: () => Promise<Secrets>;
}

/**
 * Keeps one connection of one configuration of a server.
 *
 * 1. `start` (or the first `connect`) brings its program to this machine, opens the connection as soon as the queue allows, and lists the tools; 2. a connection that
 * cannot be opened or ends by itself is opened again when a call needs it, or, if it is for everybody, after a while; 3. `stop` ends everything for good,
 * also in the middle of a start, and `retire` when the calls in flight have ended: a changed configuration gets a new object.
 */
export class SupervisedServer implements CallableServer {
  /** Why there is no connection, or why the tools may be out of date, in words for an operator. */
  lastError?: string;
  /** The server wants a user's consent: another attempt without it would change nothing. */
  refusal?: { readonly error: ProviderError; readonly at: number };
  /** Resolves when the first start has succeeded, everything listed, or has failed. */
  readonly settled: Promise<void>;
  readonly calls = new CallsInFlight();
  secrets = NO_SECRETS;
  /** Its other connections, for calls whose client can be asked. */
  readonly lanes: ServerLanes;
  private readonly offer: ServerOffer;
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
  /** A call waits for the start. */
  private isAwaited = false;
  private readonly program: LocalProgram;

  constructor(
    readonly record: ServerRecord,
    readonly log: LogRing,
    private readonly findings: Findings,
    private readonly supervision: Supervision,
    private readonly owner?: ServerOwner,
  ) {
    this.program = new LocalProgram(record, supervision.connector);
    this.settled = new Promise((resolve) => (this.settle = resolve));
    this.offer = new ServerOffer(record, findings, log, this.ended.signal);
    this.lanes = new ServerLanes(() => this.destination, supervision, this.ended.signal);
  }

  get status(): ServerStatus {
    if (this.connection) return 'connected';
    if (this.starting) return 'connecting';
    return this.lastError === undefined ? 'disconnected' : 'error';
  }

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
    this.isAwaited = true;
    this.start();
    if (this.queued) this.supervision.starts.setPriority(this.id, 1);
    return untilAborted(this.starting!, signal);
  }

  /** Without effect when it is connected, starting or stopped. */
  start(): void {
    if (this.connection || this.starting || this.ended.signal.aborted) return;
    clearTimeout(this.restart);
    this.budget.started(performance.now());
    this.starting = this.attempt();
    void this.starting
      .then(() => Promise.all([this.listing.now(), this.offer.settled()]))
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
    await this.calls.over(this.ended.signal);
    await this.stop({ endSession: true });
  }

  /**
   * Ends the connection or the start that is under way. Nothing of the server runs any more when this resolves.
   * @param options.endSession the HTTP session will not be resumed
   */
  async stop(options: { readonly endSession?: boolean } = {}): Promise<void> {
    this.ended.abort(new ProviderError('upstream_unavailable', `Server ${this.record.name} was stopped`));
    clearTimeout(this.restart);
    await Promise.all([this.closeConnection(options), this.lanes.stop()]);
    await Promise.all([this.listing.stop(), this.offer.stop()]);
    this.program.release();
    this.connection = undefined;
    this.lastError = undefined;
    this.settle();
  }

  private async closeConnection(options: { readonly endSession?: boolean }): Promise<void> {
    const connection = await this.opening?.catch(() => undefined);
    await connection?.close(options);
  }

  private readonly tried = (): void => this.findings.tried();

  private get id(): string {
    return JSON.stringify([this.record.tenant, this.record.name, this.owner?.key]);
  }

  private spendRestart(): void {
    const wait = this.budget.waitAt(performance.now());
    if (wait === 0) return;
    const message = `Server ${this.record.name} failed too often in the last minute`;
    throw new ProviderError('upstream_unavailable', message, { retryAfter: Math.ceil(wait / 1000) });
  }

  private async attempt(): Promise<UpstreamConnection> {
    try {
      await withPatience(PATIENCE_MS, this.tried, () => this.program.prepare(this.ended.signal));
      if (this.owner) await this.openSecrets(this.owner);
      this.queued = true;
      const connection = await this.supervision.starts.add(() => (this.opening = this.open()), {
        id: this.id,
        // A user waits for it, who may be one of many: nobody waits for servers that start with the gateway.
        priority: this.owner || this.isAwaited ? 1 : 0,
        signal: this.ended.signal,
      });
      this.opened(connection);
      return connection;
    } catch (error) {
      if (wantsConsent(error, this.record)) this.refusal = { error, at: performance.now() };
      this.failed(error instanceof Error ? error.message : String(error), 0);
      throw error;
    } finally {
      this.queued = this.isAwaited = false;
      this.starting = undefined;
    }
  }

  private async openSecrets({ secrets }: ServerOwner): Promise<void> {
    this.secrets = await secrets();
    this.log.hide(Object.values(this.secrets));
  }

  private async open(): Promise<UpstreamConnection> {
    this.queued = false;
    const { connector, startTimeoutMs } = this.supervision;
    const { name, startupTimeout = startTimeoutMs } = this.record;
    const message = `Server ${name} did not answer within ${startupTimeout / 1000} s of its start`;
    return withPatience(PATIENCE_MS, this.tried, () =>
      withTimeLimit(this.ended.signal, startupTimeout, message, (signal) =>
        connector.connect(this.destination, signal),
      ),
    );
  }

  private opened(connection: UpstreamConnection): void {
    this.ended.signal.throwIfAborted();
    this.connection = connection;
    this.connectedAt = performance.now();
    this.lastError = undefined;
    this.refusal = undefined;
    connection.onClosed((reason) => this.closed(connection, reason));
    connection.onToolsChanged(() => this.listing.request());
    this.offer.follow(connection);
    this.lanes.follow(connection);
    this.logger.log({ msg: 'a server is connected', ...this.identity, pid: connection.pid });
  }

  private closed(connection: UpstreamConnection, reason: string): void {
    if (this.connection !== connection) return;
    this.connection = undefined;
    this.failed(reason, performance.now() - this.connectedAt);
  }

  /** @param lasted milliseconds that it was connected */
  private failed(reason: string, lasted: number): void {
    if (this.ended.signal.aborted) return;
    this.lastError = reason;
    this.log.add(reason, 'error');
    this.findings.tried();
    if (this.retiring || this.owner || this.refusal) return;
    const restartInMs = Math.round(this.budget.failed(lasted, performance.now(), Math.random()));
    this.restart = setTimeout(() => this.start(), restartInMs);
    this.logger.warn({ msg: 'a server is down', ...this.identity, reason, restartInMs });
  }

  private async list(): Promise<void> {
    const { connection } = this;
    if (!connection || !this.findings.wantsTools) return;
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
    if (wantsConsent(error, this.record)) this.refusal = { error, at: performance.now() };
    this.findings.tried();
    if (!this.refusal) this.listing.request(LISTING_RETRY_MS);
    this.logger.warn({ msg: 'a server cannot list its tools', ...this.identity, err: error });
  }

  private get destination(): Destination {
    const { secrets, findings, log, calls, owner } = this;
    return { record: this.program.record, stored: this.record, secrets, findings, log, calls, user: owner?.principal };
  }

  private get identity(): { tenant: string; server: string } {
    return { tenant: this.record.tenant, server: this.record.name };
  }
}
