import type { Principal } from '@manifold/auth';
import type { CallContext } from '@manifold/tool-provider';
import type { CallsInFlight } from './calls-in-flight.js';
import type { ServerFindings } from './server-findings.js';
import type { ServerRecord } from './server-record.js';
import type { LogRing, UpstreamConnection } from './upstream/index.js';

export type ServerStatus = 'connecting' | 'connected' | 'disconnected' | 'error';

/** Connections of a server beside the one that its callers share, each for the calls of one client. */
export interface Lanes {
  /** Whether the call may not run on the shared connection just like that. */
  mustRoute(context: CallContext, shared: UpstreamConnection): boolean;
  /**
   * Runs a call for which `mustRoute` is true.
   * @throws what the call throws; ProviderError when there is no lane for it; the reason of the context's signal
   */
  run<T>(context: CallContext, call: (connection: UpstreamConnection) => Promise<T>): Promise<T>;
}

/** One connection to a server, as those see it who call its tools. */
export interface CallableServer {
  readonly record: ServerRecord;
  readonly log: LogRing;
  /** The connection, if it is open now: the warm path of a call. */
  readonly live: UpstreamConnection | undefined;
  /** The secrets that the connection was opened with. */
  readonly secrets: Secrets;
  /** Resolves when its first start has succeeded, everything listed, or has failed. */
  readonly settled: Promise<void>;
  /** Its other connections, for calls whose client can be asked. */
  readonly lanes: Lanes;
  /** Whoever calls says so. */
  readonly calls: CallsInFlight;
  /**
   * The connection; a server that is not connected is started at once.
   * @param signal ends the waiting, not the start
   * @throws ProviderError
   */
  connect(signal: AbortSignal): Promise<UpstreamConnection>;
}

/** Name → value. */
export type Secrets = Readonly<Record<string, string>>;

/** A process or connection that serves one user. */
export interface UserInstance {
  readonly principal: Principal;
  readonly status: ServerStatus;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * One configuration of a server, while it is in force: 1. `start`, or the first call; 2. calls; 3. `stop`, or `retire` when another
 * configuration has taken its place. A changed configuration gets a new object.
 */
export interface ServerRun {
  readonly record: ServerRecord;
  readonly log: LogRing;
  readonly findings: ServerFindings;
  readonly status: ServerStatus;
  /** Why there is no connection, or why the tools may be out of date, in words for an operator. */
  readonly lastError?: string;
  /** Resolves when the first start has succeeded, everything listed, or has failed. */
  readonly settled: Promise<void>;
  readonly isRetiring: boolean;
  /** Nobody without an account of one's own gets in. */
  readonly wantsConsent: boolean;
  /** Those that serve single users. */
  readonly instances: readonly UserInstance[];
  /** Finds out what `for` has to know of this caller; a promise where that takes time. @throws ProviderError */
  prepare(principal: Principal): Promise<void> | undefined;
  /** Key of the caller, if the caller has a connection that serves nobody else. `prepare` comes before it. */
  ownerFor(principal: Principal): string | undefined;
  /**
   * Who serves the calls of this caller.
   * @throws ProviderError `rate_limited` when no more servers of single users can run; `reauth_required` when the server wants an
   *   account that the caller has not connected
   */
  for(principal: Principal): CallableServer;
  /** Without effect when it is started or stopped. */
  start(): void;
  /**
   * Starts the server for a trial.
   * @param incumbent what it is to replace
   * @throws ProviderError that says with the last lines of stderr why it does not connect or list its tools; the signal's reason
   */
  prove(signal: AbortSignal, incumbent: Pick<ServerRun, 'instances'>): Promise<void>;
  /** A client that can be asked is there: the server may list it more than others. */
  clientArrived(principal: Principal): void;
  /** A user's secrets for it are no longer what they were. */
  secretsChanged(principal: Principal): void;
  /** A user has connected an account, another one perhaps, or was disconnected. */
  consentChanged(principal: Principal, isConnected: boolean): void;
  /** Another configuration has taken its place. Resolves when the calls in flight have ended, after a minute at most, and it is stopped. */
  retire(): Promise<void>;
  /**
   * Ends every connection and every start that is under way. Nothing of the server runs any more when this resolves.
   * @param options.endSession the HTTP session will not be resumed
   */
  stop(options?: { readonly endSession?: boolean }): Promise<void>;
}
