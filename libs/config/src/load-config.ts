import { resolve } from 'node:path';
import { Config, ConfigError, type MongoConfig } from './config.js';
import { hostingConfig } from './hosting.js';
import { integrationApp } from './integration-app.js';
import { limitsConfig } from './limits.js';
import { packagesConfig } from './packages.js';
import { paragonConfig, paragonIssuer } from './paragon.js';
import { secretsConfig } from './secrets-config.js';
import { withSecretFiles } from './secret-files.js';
import { toolOAuthClients } from './tool-oauth.js';
import { tracingConfig } from './tracing.js';
import { variables, type Variables } from './variables.js';

/** Load balancers look every few seconds whether a replica is ready. */
const SHUTDOWN_DELAY_MS = 5_000;
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/**
 * Turns environment variables into settings.
 * @throws ConfigError that names every fault, never a value
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = variables.safeParse(withSecretFiles(environment));
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
  }
  const values = parsed.data;
  const faults = crossChecks(values);
  const secrets = secretsConfig(values, faults);
  const paragon = paragonConfig(values, faults);
  const integration = integrationApp(values, faults);
  const oauthClients = toolOAuthClients(values, faults);
  if (faults.length > 0) throw new ConfigError(faults);

  const production = values.NODE_ENV === 'production';
  const host = values.HOST ?? (production ? '0.0.0.0' : '127.0.0.1');
  const publicUrl = values.MCP_SERVER_URL ?? `http://${production ? 'localhost' : urlHost(host)}:${values.PORT}`;
  return new Config({
    environment: values.NODE_ENV,
    host,
    port: values.PORT,
    trustProxy: values.TRUST_PROXY,
    shutdownDelayMs: values.SHUTDOWN_DELAY_MS ?? (production ? SHUTDOWN_DELAY_MS : 0),
    publicUrl,
    allowedHosts: allowedHosts(values, publicUrl),
    allowedOrigins: values.MCP_ALLOWED_ORIGINS,
    payloadLimit: values.PAYLOAD_LIMIT,
    legacySse: values.ENABLE_LEGACY_SSE,
    sampleServer: values.SAMPLE_SERVER ?? !production,
    sessionIdleTimeoutMs: values.MCP_SESSION_IDLE_TIMEOUT_MS,
    maxSessions: values.MCP_MAX_SESSIONS,
    toolNameMax: values.TOOL_NAME_MAX,
    toolCallTimeoutMs: values.TOOL_CALL_TIMEOUT_MS,
    dataDir: resolve(values.DATA_DIR),
    mongo: mongo(values),
    redis: values.REDIS_URL === undefined ? undefined : { url: values.REDIS_URL, prefix: values.REDIS_PREFIX },
    secrets,
    issuers: [
      ...values.AUTH_ISSUERS.map((issuer) => ({ ...issuer, audience: issuer.audience ?? `${publicUrl}/mcp` })),
      ...(paragon ? [paragonIssuer(paragon)] : []),
      ...(integration?.issuer ? [integration.issuer] : []),
    ],
    egressAllow: values.EGRESS_ALLOW,
    toolListTtlMs: values.TOOL_LIST_TTL_MS,
    paragon,
    integrationApp: integration?.config,
    hosting: hostingConfig(values),
    limits: limitsConfig(values),
    packages: packagesConfig(values),
    registryUrl: values.REGISTRY_URL,
    toolOAuthClients: oauthClients,
    oauthClientMetadataUrl: values.OAUTH_CLIENT_METADATA_URL,
    auditRetentionDays: values.AUDIT_RETENTION_DAYS,
    tracing: tracingConfig(values),
    logLevel: values.LOG_LEVEL,
  });
}

function crossChecks(values: Variables): string[] {
  const faults: string[] = [];
  const production = values.NODE_ENV === 'production';
  if (!production && values.HOST !== undefined && !LOOPBACK.includes(values.HOST)) {
    faults.push('HOST must be a loopback address in development, where callers need no credentials');
  }
  if (values.MONGO_URL !== undefined && values.MONGO_HOST !== undefined) {
    faults.push('MONGO_URL and MONGO_HOST exclude each other');
  }
  if (values.MONGO_PASS !== undefined && values.MONGO_USER === undefined) {
    faults.push('MONGO_USER must be set where MONGO_PASS is');
  }
  if (values.REDIS_URL !== undefined && values.MONGO_URL === undefined && values.MONGO_HOST === undefined) {
    faults.push('REDIS_URL is for several replicas, which need MongoDB: set MONGO_URL, too');
  }
  if (values.SERVER_GID !== undefined && values.SERVER_UID === undefined) {
    faults.push('SERVER_UID must be set where SERVER_GID is');
  }
  return faults;
}

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Development serves loopback names only, which stops DNS rebinding; production adds the public URL's host to what is listed. */
function allowedHosts(values: Variables, publicUrl: string): string[] {
  const own = new URL(publicUrl).hostname;
  const listed = values.MCP_ALLOWED_HOSTS.map((host) => host.toLowerCase());
  if (values.NODE_ENV === 'development') return [...new Set([...LOOPBACK.map(urlHost), own, ...listed])];
  return listed.length === 0 ? [] : [...new Set([own, ...listed])];
}

function mongo(values: Variables): MongoConfig | undefined {
  const url = values.MONGO_URL ?? mongoUrl(values);
  if (url === undefined) return undefined;
  return { url, dbName: values.MONGO_DBNAME, secretsDbName: values.SECRETS_DBNAME ?? values.MONGO_DBNAME };
}

function mongoUrl({ MONGO_HOST, MONGO_USER, MONGO_PASS, MONGO_REPLICASET }: Variables): string | undefined {
  if (MONGO_HOST === undefined) return undefined;
  const password = MONGO_PASS === undefined ? '' : `:${encodeURIComponent(MONGO_PASS)}`;
  const credentials = MONGO_USER === undefined ? '' : `${encodeURIComponent(MONGO_USER)}${password}@`;
  const query = MONGO_REPLICASET === undefined ? '' : `?replicaSet=${encodeURIComponent(MONGO_REPLICASET)}`;
  return `mongodb://${credentials}${MONGO_HOST}/${query}`;
}
