import type { KeyObject } from 'node:crypto';
import type { RunPolicyConfig } from './run-policy.js';

/** One token issuer that the gateway trusts (an element of AUTH_ISSUERS). One issuer has one key source and one list of algorithms. */
export interface IssuerConfig {
  /**
   * The format of the claims. `paragon`: tokens have no `iss`, and an `aud` only sometimes. `integration-app`: tokens name the workspace in
   * `iss` and the user in `id`, or both in `workspaceKey` and `tenantKey`, and have no `aud`.
   */
  readonly claims?: 'paragon' | 'integration-app';
  /** The `iss` claim, compared character by character. */
  readonly issuer: string;
  /** The `aud` claim that its tokens must carry; the gateway's own MCP URL unless given (RFC 8707). */
  readonly audience: string;
  /** Audience of tokens for the endpoint of HTTP+SSE, if `audience` is the one that the gateway has by default. */
  readonly sseAudience?: string;
  readonly algorithms: readonly string[];
  /** The URL at which the issuer publishes its keys (RFC 7517). Exactly one of `jwksUri`, `publicKey` and `secret` is set. */
  readonly jwksUri?: string;
  /** Its public key as PEM. */
  readonly publicKey?: string;
  /**
   * The shared secret for HMAC. Only an issuer that a provider adds can have one, if the product makes its tokens like that. An issuer that
   * operators configure never has one.
   */
  readonly secret?: KeyObject;
  readonly tenant: string;
  /**
   * The claim that holds the caller's groups. If it is not set, callers have no groups, because it is unknown which claim can be trusted.
   */
  readonly rolesClaim?: string;
  /** Group → roles. Every caller has the role `user`. */
  readonly roles: Readonly<Record<string, readonly ('user' | 'operator' | 'admin' | 'service')[]>>;
}

export interface MongoConfig {
  readonly url: string;
  readonly dbName: string;
  /** The database of the collections that hold secrets; the same database unless SECRETS_DBNAME is set. */
  readonly secretsDbName: string;
}

/** The Redis that connects the replicas. */
export interface RedisConfig {
  readonly url: string;
  /** The prefix of all channel and key names, so that installations can share a Redis. */
  readonly prefix: string;
}

/**
 * The master keys that seal the secrets. Only development allows neither `keys` nor `file`: the gateway then creates a key in `dataDir`.
 */
export interface SecretsConfig {
  /** The keys from the environment: the one in use, then older ones. */
  readonly keys: readonly string[];
  /** Absolute path of a file with one key per line: the one in use, then older ones. */
  readonly file?: string;
  /** Whether the file must not be readable by every user of the machine. */
  readonly privateFile: boolean;
  /** Milliseconds between two checks for new data keys. */
  readonly refreshMs: number;
}

/** The users of one tenant whom a hosted backend serves, and their ids there. */
export interface ServedTenant {
  readonly tenant: string;
  /** The issuers of these users. Not set: every issuer of the tenant. */
  readonly issuers?: readonly string[];
  /**
   * `subject`: the user's id at the backend is the subject. Only the tenant `default` has this rule, for one issuer of AUTH_ISSUERS at most.
   * `principal`: the id is made from tenant, issuer and subject together.
   */
  readonly userId: 'subject' | 'principal';
}

/** A Paragon project whose integrations the gateway offers. A class, so that it can be injected. */
export abstract class ParagonConfig {
  readonly projectId: string;
  /** RSA. Signs user tokens; its public half verifies them. */
  readonly signingKey: KeyObject;
  /** Integrations that are offered; empty: all. */
  readonly limitToIntegrations: readonly string[];
  /** Names of the tools that are offered; empty: all. */
  readonly limitToTools: readonly string[];
  /** Script that the setup page loads. */
  readonly connectSdkUrl: string;
  readonly actionKitUrl: string;
  /** The generation of ActionKit's API. */
  readonly actionKitApi: 'actions' | 'tools';
  readonly zeusUrl: string;
  readonly proxyUrl: string;
  /** Absolute path of the folder with OpenAPI files; not set: they are off. */
  readonly openApiDir?: string;
  /** The largest of these files, in bytes. */
  readonly openApiFileBytes: number;
  /** Whether agents may write their own requests. */
  readonly proxyTool: boolean;
  /** The users whom the project serves, beside those who come with a token of the project. */
  readonly served: readonly ServedTenant[];
}

/** A workspace of Integration.app whose connections the gateway offers. A class, so that it can be injected. */
export abstract class IntegrationAppConfig {
  readonly apiUrl: string;
  /** `Principal.issuer` of callers that come with an access token of Integration.app: the workspace key, where it is known. */
  readonly issuer: string;
  /** Signs access tokens for callers of other issuers. Not set: the gateway makes no tokens for them. */
  readonly signingSecret?: KeyObject;
  /** Whether access tokens are passed on without being verified. */
  readonly forwardOnly: boolean;
  /** The users whom the workspace serves, beside those who come with an access token of the workspace. */
  readonly served: readonly ServedTenant[];
  /** Whether callers with an access token see the search for tools in dynamic mode. */
  readonly dynamicSearch: boolean;
}

/** Settings of servers that run as child processes of the gateway. */
export interface HostingConfig {
  /** How the child processes are kept apart. `auto`: in the strongest way that is possible. */
  readonly sandbox: 'auto' | 'bubblewrap' | 'uid' | 'none';
  /** The user ids that their owners get, and their group unless each id is its own, if the gateway runs as root. */
  readonly userIds: { readonly first: number; readonly last: number; readonly gid?: number };
  /** Whether `auto` takes user ids where it could have a sandbox: the operator has set `SERVER_UID`. */
  readonly prefersUserIds: boolean;
  /** Limits of one server and the processes that it starts, unless its own settings say otherwise. `openFiles` counts for each process. */
  readonly limits: { readonly memoryMb: number; readonly openFiles: number; readonly processes: number };
  /** The limit for the data folder of each owner of servers, in MiB. 0: no limit. */
  readonly dataMb: number;
  /** Time limit in milliseconds for a server's answer to `initialize`, unless its own settings say otherwise. */
  readonly startTimeoutMs: number;
  /** The largest number of servers of single users that may run at a time, in all. */
  readonly maxUserServers: number;
  /** Milliseconds without a call after which the server of a single user is stopped. */
  readonly userServerIdleMs: number;
}

/** Provider, in lower case → the credentials of the gateway's client there, as the provider hands them out. */
export type ToolOAuthClients = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A package that is installed when the gateway starts. */
export interface StartPackage {
  readonly name: string;
  readonly version?: string;
  readonly serverName: string;
}

/** The sources and folders of installed packages. Folders are absolute paths. A class, so that it can be injected. */
export abstract class PackagesConfig {
  readonly npmDir: string;
  /** May contain a user and a password. */
  readonly npmRegistry: string;
  /** Bearer token for this registry. Secret. */
  readonly npmToken?: string;
  /** Registries of scopes and credentials from npm's configuration. Secret. */
  readonly npmrc: Readonly<Record<string, string>>;
  readonly npmCacheDir: string;
  /** Virtual environments. */
  readonly pythonDir: string;
  /** The interpreter that creates the virtual environments; not set: `python3`. */
  readonly pythonBin?: string;
  readonly pipCacheDir: string;
  readonly pipIndexUrl?: string;
  readonly pipExtraIndexUrl?: string;
  /** Time limit of one install in milliseconds. */
  readonly installTimeoutMs: number;
  readonly installOnStart: readonly StartPackage[];
}

/** The destination of traces, and the choice of the traces that are exported. */
export interface TracingConfig {
  readonly endpoint: string;
  /** Secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** Further attributes of the resource. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler:
    | 'always_on'
    | 'always_off'
    | 'traceidratio'
    | 'parentbased_always_on'
    | 'parentbased_always_off'
    | 'parentbased_traceidratio';
  /** Share of traces, 0 to 1, for the samplers by ratio. */
  readonly ratio: number;
}

/** Limits above which requests are refused. 0 turns a limit off. */
export interface LimitsConfig {
  /** Calls per minute: tool calls and other requests that reach an upstream. Twice as many HTTP requests are allowed. */
  readonly requestsPerPrincipal: number;
  readonly requestsPerServer: number;
  /** Concurrent calls; `callsPerServer` as well. */
  readonly callsPerPrincipal: number;
  readonly callsPerServer: number;
  /** Requests with a wrong credential in a minute. */
  readonly failuresPerAddress: number;
  /** Concurrent requests of all clients in one process. */
  readonly calls: number;
  /** Mean delay of the event loop in milliseconds. */
  readonly loopDelayMs: number;
  /** Consecutive failures after which calls to an upstream are suspended for a while. */
  readonly breakerFailures: number;
  /** The parts, in percent, of each pool that callers share: sessions, servers of single users, subscriptions, calls that wait for answers. */
  readonly shares: { readonly principal: number; readonly tenant: number; readonly unverified: number };
}

/** The limits of what arrives in one piece. */
export interface BodyLimits {
  /** Bytes of a REST request. */
  readonly bytes: number;
  /** Bytes of an MCP message of a client. */
  readonly messageBytes: number;
  /** Bytes of an answer or message of an upstream server or backend. */
  readonly answerBytes: number;
  /** Members of objects, and elements of lists, of any request. */
  readonly members: number;
}

/** The settings of one gateway process: read once from the environment, complete, checked and frozen. */
export class Config {
  readonly environment: 'development' | 'production';
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** The proxies whose `X-Forwarded-For` is trusted: none, that many proxies before the gateway, or these addresses and networks. */
  readonly trustProxy: false | number | readonly string[];
  /** Milliseconds for which requests are still accepted after the gateway has announced its shutdown. */
  readonly shutdownDelayMs: number;
  /** The URL under which clients reach the gateway, without a trailing slash. */
  readonly publicUrl: string;
  /** Host header values that are served, lower case, without port; empty: every host. */
  readonly allowedHosts: readonly string[];
  /** Origin header values that browsers may send; empty: the gateway's own only. */
  readonly allowedOrigins: readonly string[];
  /** Whether callers without a credential see the API document and the checks of `/healthz`. */
  readonly publicDetails: boolean;
  readonly bodies: BodyLimits;
  readonly legacySse: boolean;
  /** Registers server-everything on the first start. */
  readonly sampleServer: boolean;
  readonly sessionIdleTimeoutMs: number;
  readonly maxSessions: number;
  readonly toolNameMax: number;
  readonly toolCallTimeoutMs: number;
  /** Absolute path of the folder that holds everything the gateway writes. */
  readonly dataDir: string;
  /** Set: MongoDB holds the state. Not set: SQLite in `dataDir`. */
  readonly mongo?: MongoConfig;
  /** Set if there may be several replicas. */
  readonly redis?: RedisConfig;
  readonly secrets: SecretsConfig;
  /** The issuers of AUTH_ISSUERS, and those that the providers add. */
  readonly issuers: readonly IssuerConfig[];
  /** Hosts, `*.suffix` patterns and CIDRs of private addresses that outgoing requests may reach. */
  readonly egressAllow: readonly string[];
  /** Milliseconds for which a tool list is valid, if its provider does not announce changes. */
  readonly toolListTtlMs: number;
  /** Set if PROJECT_ID is set. */
  readonly paragon?: ParagonConfig;
  /** Set if tokens of Integration.app can be verified, or are passed on unverified. */
  readonly integrationApp?: IntegrationAppConfig;
  readonly runPolicy: RunPolicyConfig;
  readonly hosting: HostingConfig;
  readonly limits: LimitsConfig;
  readonly packages: PackagesConfig;
  /** URL of an MCP registry, without a trailing slash. Its servers are offered beside those of the built-in catalogue. */
  readonly registryUrl?: string;
  /** The URL at which the gateway's OAuth client metadata document is published; not set: at the gateway itself. */
  readonly oauthClientMetadataUrl?: string;
  /** OAuth clients for servers that authorize their users by tools: those with MCP_AUTH_TYPE=OAUTH2_<PROVIDER>. Secret. */
  readonly toolOAuthClients: ToolOAuthClients;
  /** Days for which entries of the audit log are kept; 0: nothing is written. */
  readonly auditRetentionDays: number;
  /** Set if traces are exported. */
  readonly tracing?: TracingConfig;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

  constructor(values: Config) {
    Object.assign(this, values);
    Object.freeze(this);
  }
}

/** Error: settings in the environment are invalid. It has one readable line for each fault. */
export class ConfigError extends Error {
  /** @param hints lines that may explain them */
  constructor(
    readonly faults: readonly string[],
    hints: readonly string[] = [],
  ) {
    const lines = [...faults, ...hints].map((line) => `  ${line}`);
    super(`The configuration has ${faults.length} ${faults.length === 1 ? 'error' : 'errors'}:\n${lines.join('\n')}`);
    this.name = 'ConfigError';
  }
}
