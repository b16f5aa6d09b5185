import type { Principal } from '@manifold/auth';
import type { CallContext } from '@manifold/tool-provider';
import type { CallsInFlight } from '../model/calls-in-flight.js';
import type { ServerMetadata } from '../metadata/server-metadata.js';
import type { ServerRecord } from '../model/server-record.js';
import type { LogRing, UpstreamConnection } from '@manifold/mcp-client';

export type ServerStatus = 'connecting' | 'connected' | 'disconnected' | 'error';

/** Connections of a server in addition to the shared one. Each serves the calls of one client. */
export interface DedicatedConnections {
  /**
   * Runs a call that cannot use the shared connection.
   * @throws what the call throws; ProviderError when no connection can be opened for it; the reason of the context's signal
   */
  run<T>(context: CallContext, call: (connection: UpstreamConnection) => Promise<T>): Promise<T>;
}

/** One connection to a server, as seen by the code that calls its tools. */
export interface CallableServer {
  readonly record: ServerRecord;
  readonly log: LogRing;
  /** The connection if it is open now. A call then uses it without waiting. */
  readonly live?: UpstreamConnection;
  /** The secrets that the connection was opened with. */
  readonly secrets: Secrets;
  /** Resolves when the first start has failed, or has succeeded and everything is listed. */
  readonly settled: Promise<void>;
  /** The dedicated connections, for calls whose client accepts requests. */
  readonly dedicated: DedicatedConnections;
  /** Counter of the running calls. Each caller reports the begin and end of its call. */
  readonly calls: CallsInFlight;
  /**
   * Returns the connection. A server that is not connected is started at once.
   * @param signal ends the waiting, not the start
   * @throws ProviderError
   */
  connect(signal: AbortSignal): Promise<UpstreamConnection>;
  /** Notes that the server does not know a tool that it has listed. */
  doubtTools(): void;
}

/** Values of secrets by name. */
export type Secrets = Readonly<Record<string, string>>;

/** A process or connection that serves one user. */
export interface UserInstance {
  readonly principal: Principal;
  readonly status: ServerStatus;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * One configuration of a server, from its activation until its end: 1. `start`, or the first call; 2. calls; 3. `stop`, or
 * `retire` when another configuration has replaced it. A changed configuration gets a new object.
 */
export interface ServerRun {
  readonly record: ServerRecord;
  readonly log: LogRing;
  readonly metadata: ServerMetadata;
  readonly status: ServerStatus;
  /** The reason why there is no connection, or why the tools may be out of date. It is written for operators. */
  readonly lastError?: string;
  /** Resolves when the first start has failed, or has succeeded and everything is listed. */
  readonly settled: Promise<void>;
  readonly isRetiring: boolean;
  /** Whether the server refuses requests of users who have not connected an account. */
  readonly wantsConsent: boolean;
  /** The instances that serve a single user each. */
  readonly instances: readonly UserInstance[];
  /** The instance for all callers, if no caller can have a separate one. Otherwise `for` finds the instance of a caller. */
  readonly forAll?: CallableServer;
  /**
   * Loads what `for` needs to know about this caller. Returns a promise only if that takes time.
   * @throws ProviderError
   */
  prepare(principal: Principal): Promise<void> | undefined;
  /** Returns the key of the caller if the caller has a separate connection. Call `prepare` first. */
  ownerFor(principal: Principal): string | undefined;
  /**
   * Returns the server instance for the calls of this caller.
   * @throws ProviderError `rate_limited` when no more servers of single users can run; `reauth_required` when the server
   *   requires an account that the caller has not connected
   */
  for(principal: Principal): CallableServer;
  /** Starts the server. Has no effect if it is started already, or stopped. */
  start(): void;
  /**
   * Starts the server on trial, and verifies that it connects and lists its tools.
   * @param incumbent the run that it is to replace
   * @throws ProviderError with the reason and the last lines of stderr if it does not connect or does not list its tools;
   *   the signal's reason
   */
  verify(signal: AbortSignal, incumbent: Pick<ServerRun, 'instances'>): Promise<void>;
  /** Notes that a client that accepts requests has connected. The server may list more tools for such a client. */
  onClientConnected(principal: Principal): void;
  /** Notes that a user's secrets for the server have changed. */
  secretsChanged(principal: Principal): void;
  /** Notes that a user has connected an account, replaced it by another one, or disconnected it. */
  consentChanged(principal: Principal, isConnected: boolean): void;
  /** Lists everything again. Resolves when that has ended; a failure is in `lastError`. */
  refresh(): Promise<void>;
  /**
   * Ends this run after another configuration has replaced it. Resolves when the running calls have ended, after at most a
   * minute, and the server is stopped.
   */
  retire(): Promise<void>;
  /**
   * Ends all connections and all starts in progress. When this resolves, no process or connection of the server is left.
   * @param options.endSession the HTTP session will not be resumed
   */
  stop(options?: { readonly endSession?: boolean }): Promise<void>;
}
