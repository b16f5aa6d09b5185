/** One token issuer that the gateway trusts (an element of AUTH_ISSUERS). One issuer has one key source and one list of algorithms. */
export interface IssuerConfig {
  /** The `iss` claim, compared character by character. */
  readonly issuer: string;
  /** The `aud` claim that its tokens must carry; the gateway's own MCP URL unless given (RFC 8707). */
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** Where its keys are published (RFC 7517). Exactly one of `jwksUri` and `publicKey` is set. */
  readonly jwksUri?: string;
  /** Its public key as PEM. */
  readonly publicKey?: string;
  readonly tenant: string;
  /** The claim that holds the caller's groups. */
  readonly rolesClaim: string;
  /** Group → roles. Everybody has the role `user`. */
  readonly roles: Readonly<Record<string, readonly ('user' | 'operator' | 'admin' | 'service')[]>>;
}

export interface MongoConfig {
  readonly url: string;
  readonly dbName: string;
  /** Where collections that hold secrets live; the same database unless SECRETS_DBNAME is set. */
  readonly secretsDbName: string;
}

/** The settings of one gateway process: read once from the environment, complete, checked and frozen. */
export class Config {
  readonly environment: 'development' | 'production';
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** The URL under which clients reach the gateway, without a trailing slash. */
  readonly publicUrl: string;
  /** Host header values that are served, lower case, without port; empty: every host. */
  readonly allowedHosts: readonly string[];
  /** Origin header values that browsers may send; empty: the gateway's own only. */
  readonly allowedOrigins: readonly string[];
  /** Bytes that a REST body may have. */
  readonly payloadLimit: number;
  readonly legacySse: boolean;
  readonly sessionIdleTimeoutMs: number;
  readonly maxSessions: number;
  readonly toolNameMax: number;
  readonly toolCallTimeoutMs: number;
  /** Absolute path of the folder that holds everything the gateway writes. */
  readonly dataDir: string;
  /** Set: MongoDB holds the state. Not set: SQLite in `dataDir`. */
  readonly mongo?: MongoConfig;
  /** Set in production; in development a key is made in `dataDir` when it is missing. */
  readonly secretsKey?: string;
  readonly issuers: readonly IssuerConfig[];
  /** Hosts, `*.suffix` patterns and CIDRs of private addresses that outgoing requests may reach. */
  readonly egressAllow: readonly string[];
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
