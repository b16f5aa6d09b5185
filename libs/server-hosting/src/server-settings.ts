/** How the event stream of an HTTP server is opened again after it broke; milliseconds. */
export type ReconnectionOptions = {
  maxReconnectionDelay: number;
  initialReconnectionDelay: number;
  reconnectionDelayGrowFactor: number;
  maxRetries: number;
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
  readonly enabled?: boolean;
  readonly displayName?: string;
  readonly description?: string;
}
