import type { ServerAccessRules } from './access-rules.js';

/** How the event stream of an HTTP server is opened again after it broke; milliseconds. */
export type ReconnectionOptions = {
  maxReconnectionDelay: number;
  initialReconnectionDelay: number;
  reconnectionDelayGrowFactor: number;
  maxRetries: number;
};

/** What one process of a server may use, with everything that it starts. */
export type ServerLimits = {
  memoryMb?: number;
  openFiles?: number;
  processes?: number;
};

/** What an operator says of a server. Fields of the other transport have no effect. */
export interface ServerSettings {
  readonly transportType?: 'stdio' | 'streamable_http';
  readonly command?: string;
  readonly args?: string[];
  readonly env?: Record<string, string>;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly reconnectionOptions?: ReconnectionOptions;
  /** A Streamable HTTP session to go on with. */
  readonly sessionId?: string;
  /** Whether all users share one process, or HTTP session, or have one each. */
  readonly isolation?: 'shared' | 'user';
  /** How a user's secrets reach the server. `environment` and `headers` serve each user apart. */
  readonly secretsAs?: 'arguments' | 'environment' | 'headers';
  /** The secrets that the server may get; not given: all. */
  readonly secretNames?: string[];
  /** Header → its value, with the name of a secret in braces where that belongs: `Bearer {TOKEN}`. */
  readonly secretHeaders?: Record<string, string>;
  /** Milliseconds, like the next. */
  readonly startupTimeout?: number;
  readonly callTimeout?: number;
  readonly limits?: ServerLimits;
  /** False: the server may have one connection only. */
  readonly lanes?: boolean;
  /** Of a stdio server: whether each replica of the gateway runs it, or one for all. */
  readonly replicas?: 'each' | 'one';
  readonly enabled?: boolean;
  /** Not given: everybody in the tenant sees it. */
  readonly access?: ServerAccessRules;
  readonly displayName?: string;
  readonly description?: string;
}
