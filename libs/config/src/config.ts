import type { KeyObject } from 'node:crypto';

/** One token issuer that the gateway trusts (an element of AUTH_ISSUERS). One issuer has one key source and one list of algorithms. */
export interface IssuerConfig {
  /**
   * `paragon`: its tokens have no `iss`, and an `aud` only sometimes. `integration-app`: they name the workspace in `iss` and the user in
   * `id`, or in `workspaceKey` and `tenantKey`, and have no `aud`.
   */
  readonly claims?: 'paragon' | 'integration-app';
  /** The `iss` claim, compared character by character. */
  readonly issuer: string;
  /** The `aud` claim that its tokens must carry; the gateway's own MCP URL unless given (RFC 8707). */
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** Where its keys are published (RFC 7517). Exactly one of `jwksUri`, `publicKey` and `secret` is set. */
  readonly jwksUri?: string;
  /** Its public key as PEM. */
  readonly publicKey?: string;
  /** For HMAC. Never of an issuer that operators configure: only where a product's tokens are made like that. */
  readonly secret?: KeyObject;
  readonly tenant: string;
  /** The claim that holds the caller's groups. Without it they have none: nobody has said who writes it. */
  readonly rolesClaim?: string;
  /** Group → roles. Everybody has the role `user`. */
  readonly roles: Readonly<Record<string, readonly ('user' | 'operator' | 'admin' | 'service')[]>>;
}

export interface MongoConfig {
  readonly url: string;
  readonly dbName: string;
  /** Where collections that hold secrets live; the same database unless SECRETS_DBNAME is set. */
  readonly secretsDbName: string;
}

/** What replicas talk over. */
export interface RedisConfig {
  readonly url: string;
  /** Of the names of all its channels and keys, so that installations can share a Redis. */
  readonly prefix: string;
}

/** The master keys of what is kept sealed. Without `keys` and `file`, which only development allows, a key is made in `dataDir`. */
export interface SecretsConfig {
  /** As the environment has them: the one in use, then older ones. */
  readonly keys: readonly string[];
  /** Absolute path of a file that has one key in each line, in that order. */
  readonly file?: string;
  /** Whether the file must not be readable by everybody. */
  readonly privateFile: boolean;
  /** How often a process looks for new data keys; milliseconds. */
  readonly refreshMs: number;
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
  /** Whether agents may write their own requests. */
  readonly proxyTool: boolean;
}

/** A workspace of Integration.app whose connections the gateway offers. A class, so that it can be injected. */
export abstract class IntegrationAppConfig {
  readonly apiUrl: string;
  /** `Principal.issuer` of callers that come with an access token of Integration.app: the workspace key, where it is known. */
  readonly issuer: string;
  /** Makes access tokens for everybody else. Not set: there are none for them. */
  readonly signingSecret?: KeyObject;
  /** Access tokens are passed on without being verified. */
  readonly forwardOnly: boolean;
}

/** How servers run as child processes of the gateway. */
export interface HostingConfig {
  /** The user and group that they run as, where the gateway runs as root. Not set: the gateway's own. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
  /** Of one server with everything that it starts, unless its own settings say otherwise. */
  readonly limits: { readonly memoryMb: number; readonly openFiles: number; readonly processes: number };
  /** How long a server may take to answer `initialize`, unless its own settings say otherwise; milliseconds. */
  readonly startTimeoutMs: number;
  /** How many servers of single users may run at a time, in all. */
  readonly maxUserServers: number;
  /** After this long without a call the server of a single user is stopped; milliseconds. */
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

/** Where packages are installed from and to. Folders are absolute paths. A class, so that it can be injected. */
export abstract class PackagesConfig {
  readonly npmDir: string;
  readonly npmRegistry: string;
  readonly npmCacheDir: string;
  /** Virtual environments. */
  readonly pythonDir: string;
  /** The interpreter that makes them; not set: `python3`. */
  readonly pythonBin?: string;
  readonly pipCacheDir: string;
  readonly pipIndexUrl?: string;
  readonly pipExtraIndexUrl?: string;
  /** How long one install may take; milliseconds. */
  readonly installTimeoutMs: number;
  readonly installOnStart: readonly StartPackage[];
}

/** Where traces are sent, and which. */
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

/** What is refused, and shed, before it does harm. 0 turns a limit off. */
export interface LimitsConfig {
  /** Tool calls, and what else reaches an upstream, in a minute; of HTTP requests twice as many. */
  readonly requestsPerPrincipal: number;
  readonly requestsPerServer: number;
  /** At a time, like the next. */
  readonly callsPerPrincipal: number;
  readonly callsPerServer: number;
  /** Requests with a wrong credential in a minute. */
  readonly failuresPerAddress: number;
  /** Requests of all clients at a time, in one process. */
  readonly calls: number;
  /** Mean delay of the event loop. */
  readonly loopDelayMs: number;
  /** In a row, after which an upstream is left alone for a while. */
  readonly breakerFailures: number;
}

/** The settings of one gateway process: read once from the environment, complete, checked and frozen. */
export class Config {
  readonly environment: 'development' | 'production';
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** Whose `X-Forwarded-For` is believed: nobody's, that of so many proxies before the gateway, or that of these addresses and networks. */
  readonly trustProxy: false | number | readonly string[];
  /** Milliseconds for which requests are still taken when the gateway has said that it will stop. */
  readonly shutdownDelayMs: number;
  /** The URL under which clients reach the gateway, without a trailing slash. */
  readonly publicUrl: string;
  /** Host header values that are served, lower case, without port; empty: every host. */
  readonly allowedHosts: readonly string[];
  /** Origin header values that browsers may send; empty: the gateway's own only. */
  readonly allowedOrigins: readonly string[];
  /** Bytes that a REST body may have. */
  readonly payloadLimit: number;
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
  /** Set: there may be several replicas. */
  readonly redis?: RedisConfig;
  readonly secrets: SecretsConfig;
  /** AUTH_ISSUERS, and those that the providers bring. */
  readonly issuers: readonly IssuerConfig[];
  /** Hosts, `*.suffix` patterns and CIDRs of private addresses that outgoing requests may reach. */
  readonly egressAllow: readonly string[];
  /** How long a listing of a provider that does not announce its changes is good. */
  readonly toolListTtlMs: number;
  /** Set where PROJECT_ID is. */
  readonly paragon?: ParagonConfig;
  /** Set where tokens of Integration.app can be verified, or are passed on unverified. */
  readonly integrationApp?: IntegrationAppConfig;
  readonly hosting: HostingConfig;
  readonly limits: LimitsConfig;
  readonly packages: PackagesConfig;
  /** An MCP registry whose servers are offered beside those that the gateway knows by itself. Without a trailing slash. */
  readonly registryUrl?: string;
  /** Where the gateway's OAuth client metadata document is published; not set: at the gateway itself. */
  readonly oauthClientMetadataUrl?: string;
  /** The clients of servers that authorize their users by tools: those with MCP_AUTH_TYPE=OAUTH2_<PROVIDER>. Secret. */
  readonly toolOAuthClients: ToolOAuthClients;
  /** How long entries of the audit log are kept; 0: nothing is written. */
  readonly auditRetentionDays: number;
  /** Set where traces are exported. */
  readonly tracing?: TracingConfig;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

  constructor(values: Config) {
    Object.assign(this, values);
    Object.freeze(this);
  }
}

/** The environment has faults: one readable line each. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The configuration has ${faults.length} fault(s):\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}
