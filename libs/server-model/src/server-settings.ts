import type { ServerAccessRules } from './access-rules.js';

/** How the event stream of an HTTP server is reopened after a failure. Delays are in milliseconds. */
export type ReconnectionOptions = {
  maxReconnectionDelay: number;
  initialReconnectionDelay: number;
  reconnectionDelayGrowFactor: number;
  maxRetries: number;
};

/** Limits of one process of a server, including the processes that it starts. */
export type ServerLimits = {
  memoryMb?: number;
  openFiles?: number;
  processes?: number;
};

/** The settings of a server that an operator writes. Fields of the other transport have no effect. */
export interface ServerSettings {
  readonly transportType?: 'stdio' | 'streamable_http';
  readonly command?: string;
  readonly args?: string[];
  /** Absolute, or relative to the data folder of the server. Empty: the data folder. */
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** The network of a stdio server: that of the gateway, none, or the one behind the proxy of the gateway. */
  readonly network?: 'open' | 'none' | 'proxy';
  /** For the network `proxy`: `example.com`, `*.example.com`, an address or `*`, each with an optional port. */
  readonly allowedDomains?: string[];
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly reconnectionOptions?: ReconnectionOptions;
  /** The id of an existing Streamable HTTP session to continue. */
  readonly sessionId?: string;
  /** Whether all users share one process or HTTP session, or each user has one. */
  readonly isolation?: 'shared' | 'user';
  /** How a user's secrets reach the server. With `environment` and `headers` each user has a separate process or session. */
  readonly secretsAs?: 'arguments' | 'environment' | 'headers';
  /** The secrets that the server may get; not given: all. */
  readonly secretNames?: string[];
  /** Header → its value, with names of secrets in braces: `Bearer {TOKEN}`. */
  readonly secretHeaders?: Record<string, string>;
  /** Milliseconds; `callTimeout` as well. */
  readonly startupTimeout?: number;
  readonly callTimeout?: number;
  readonly limits?: ServerLimits;
  /** False: the server has only one connection. */
  readonly lanes?: boolean;
  /** For a stdio server: whether each replica of the gateway runs it, or one replica for all. */
  readonly replicas?: 'each' | 'one';
  readonly enabled?: boolean;
  /** Not given: every caller in the tenant sees the server. */
  readonly access?: ServerAccessRules;
  readonly displayName?: string;
  readonly description?: string;
  readonly homepageUrl?: string;
}
