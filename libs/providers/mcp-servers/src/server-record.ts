import type { ReconnectionOptions, ServerAccessRules, ServerLimits } from '@manifold/server-hosting';
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

/** How a user's secrets reach a server. Records of servers that were registered before there was a choice have none of these. */
export type SecretSettings = {
  isolation?: 'shared' | 'user';
  secretsAs?: 'arguments' | 'environment' | 'headers';
  secretNames?: string[];
  secretHeaders?: Record<string, string>;
};

/**
 * A registered server: what its operator decided. What the gateway learns of the server (tools, HTTP session) lives in records of
 * its own, so that a background write never races with an update of the configuration.
 */
export type ServerRecord = SecretSettings & {
  tenant: string;
  name: string;
  transport: StdioSettings | HttpSettings;
  /** Milliseconds, like the next. */
  startupTimeout?: number;
  callTimeout?: number;
  limits?: ServerLimits;
  /** False: it may have one connection only. Records from before there were lanes have none of this. */
  lanes?: boolean;
  /** Of a stdio server: on how many replicas of the gateway it may run at a time. Records from before have none of this: on each. */
  replicas?: 'each' | 'one';
  enabled: boolean;
  /** Not there: everybody in the tenant sees it. */
  access?: ServerAccessRules;
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

/** Whether each user has a connection, or process, of one's own. Headers belong to a connection. */
export const servesUsersApart = ({ isolation, secretsAs }: ServerRecord): boolean =>
  isolation === 'user' || secretsAs === 'headers';

/** Whether only one replica of the gateway may run it, and one process of it at a time; where users are served apart, one of each user. */
export const runsOnce = ({ replicas }: ServerRecord): boolean => replicas === 'one';

/** Whether a user's secrets are added to the arguments of each call. */
export const takesSecretsAsArguments = ({ secretsAs = 'arguments' }: ServerRecord): boolean =>
  secretsAs === 'arguments';

/** Stands for (tenant, name) where one string is needed. Names hold no NUL, so two servers never share a key. */
export const serverKey = (tenant: string, name: string): string => `${name}\0${tenant}`;
