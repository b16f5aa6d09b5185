import type { ServerAccessRules, ServerLimits } from '@manifold/server-model';
import { destinationOf } from './destination.js';
import type { HttpSettings, StdioSettings } from './transport-settings.js';

/** Settings of how a user's secrets are passed to a server. Records that are older than these settings have none of them. */
export type SecretSettings = {
  isolation?: 'shared' | 'user';
  secretsAs?: 'arguments' | 'environment' | 'headers';
  secretNames?: string[];
  secretHeaders?: Record<string, string>;
};

/**
 * The configuration of a registered server, as its operator set it. Data that servers report about themselves (tools, HTTP
 * session) is stored in separate records, so that a background write never conflicts with an update of the configuration.
 */
export type ServerRecord = SecretSettings & {
  tenant: string;
  name: string;
  transport: StdioSettings | HttpSettings;
  /**
   * The destination for which users give their secrets. An upgrade of the server's package keeps it. Older records do not have this
   * member, which means `destinationOf(transport)`.
   */
  destination?: string;
  /** Milliseconds, as is `callTimeout`. */
  startupTimeout?: number;
  callTimeout?: number;
  limits?: ServerLimits;
  /** False if the server may have only one connection. Older records do not have this member. */
  lanes?: boolean;
  /**
   * The number of gateway replicas on which a stdio server may run at the same time. Older records do not have this member,
   * which means `each`.
   */
  replicas?: 'each' | 'one';
  enabled: boolean;
  /** Undefined if every user of the tenant sees the server. */
  access?: ServerAccessRules;
  displayName?: string;
  description?: string;
  homepageUrl?: string;
  /** ISO 8601. */
  createdAt: string;
  updatedAt: string;
};

/**
 * Returns whether each user has a separate connection or process. Secrets in headers require this, because headers belong
 * to a connection.
 */
export const servesUsersApart = ({ isolation, secretsAs }: ServerRecord): boolean =>
  isolation === 'user' || secretsAs === 'headers';

/**
 * Returns whether only one replica of the gateway may run the server, as one process at a time. If users are served apart,
 * this holds for each user's process.
 */
export const isSingleton = ({ replicas }: ServerRecord): boolean => replicas === 'one';

/** Returns whether a user's secrets are added to the arguments of each call. */
export const takesSecretsAsArguments = ({ secretsAs = 'arguments' }: ServerRecord): boolean =>
  secretsAs === 'arguments';

/** Returns the destination for which users give their secrets to a server. */
export const secretsDestination = ({ destination, transport }: ServerRecord): string =>
  destination ?? destinationOf(transport);

/** Returns one string for (tenant, name). Names contain no NUL, so two servers never have the same key. */
export const serverKey = (tenant: string, name: string): string => `${name}\0${tenant}`;

/**
 * Returns one string for what a server has for one user. The key of a server is its prefix.
 * @param owner key of the user's principal; empty for what all users share
 */
export const serverOwnerKey = (tenant: string, name: string, owner = ''): string =>
  `${serverKey(tenant, name)}\0${owner}`;

/** Tools with which a server authorizes its users. Only the gateway calls them, because agents do not need codes and tokens. */
export const AUTHORIZATION_URL_TOOL = 'auth_get_authorization_url';
export const EXCHANGE_TOOL = 'auth_exchange_code';

/** Returns the provider, in lower case, whose tokens a server requires with each call: `MCP_AUTH_TYPE=OAUTH2_GOOGLE` is `google`. */
export function tokenProviderOf({ transport }: ServerRecord): string | undefined {
  const type = transport.transportType === 'stdio' ? transport.env.MCP_AUTH_TYPE : undefined;
  if (type === undefined) return undefined; // as nearly always, and each call asks
  const [, provider] = /^OAUTH2_([A-Z][A-Z0-9_]{0,31})$/.exec(type) ?? [];
  return provider?.toLowerCase().replaceAll('_', '-');
}

/** Returns whether only the gateway may call a tool. */
export const isAuthorizationTool = (record: ServerRecord, tool: string): boolean =>
  (tool === AUTHORIZATION_URL_TOOL || tool === EXCHANGE_TOOL) && tokenProviderOf(record) !== undefined;
