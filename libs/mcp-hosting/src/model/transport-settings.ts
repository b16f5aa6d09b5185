import type { ReconnectionOptions } from '@manifold/server-model';

export type StdioSettings = {
  transportType: 'stdio';
  command: string;
  args: string[];
  env: Record<string, string>;
  /** Working folder, absolute or relative to the data folder of the server. Undefined: the data folder. */
  cwd?: string;
};

export type HttpSettings = {
  transportType: 'streamable_http';
  url: string;
  headers: Record<string, string>;
  reconnectionOptions?: ReconnectionOptions;
};

export type TransportSettings = StdioSettings | HttpSettings;
