import type { ReconnectionOptions } from '@manifold/server-hosting';
import type { CollectionSpec } from '@manifold/store';

export type StdioSettings = {
  transportType: 'stdio';
  command: string;
  args: string[];
  env: Record<string, string>;
};

export type HttpSettings = {
  transportType: 'streamable_http';
  url: string;
  headers: Record<string, string>;
  reconnectionOptions?: ReconnectionOptions;
};

/**
 * A registered server: what its operator decided. What the gateway learns of the server (tools, HTTP session) lives in records of
 * its own, so that a background write never races with an update of the configuration.
 */
export type ServerRecord = {
  tenant: string;
  name: string;
  transport: StdioSettings | HttpSettings;
  enabled: boolean;
  displayName?: string;
  description?: string;
  /** ISO 8601. */
  createdAt: string;
  updatedAt: string;
};

export const SERVERS: CollectionSpec<ServerRecord> = {
  name: 'mcp_servers',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
};

/** Stands for (tenant, name) where one string is needed. Names hold no NUL, so two servers never share a key. */
export const serverKey = (tenant: string, name: string): string => `${name}\0${tenant}`;
