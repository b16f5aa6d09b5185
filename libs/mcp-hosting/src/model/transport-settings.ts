import type { ReconnectionOptions } from '@manifold/server-model';

export type StdioSettings = {
  transportType: 'stdio';
  command: string;
  args: string[];
  env: Record<string, string>;
  /** Working folder, absolute or relative to the data folder of the server. Undefined: the data folder. */
  cwd?: string;
  /** Undefined: the network of the gateway. */
  network?: 'none' | 'proxy';
  /** With the network `proxy`: the hosts that the server may reach. Undefined: all at the ports of the web. */
  allowedDomains?: string[];
};

export type HttpSettings = {
  transportType: 'streamable_http';
  url: string;
  headers: Record<string, string>;
  reconnectionOptions?: ReconnectionOptions;
};

export type TransportSettings = StdioSettings | HttpSettings;
