import { isIP } from 'node:net';
import { z } from 'zod';
import { secretsKey } from './secrets-key.js';
import { startPackage } from './start-package.js';

/** An empty string means the default, so that `KEY=` in a `.env` file changes nothing. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const boolean = z.enum(['true', 'false'], { error: 'must be true or false' }).transform((value) => value === 'true');

const integer = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** A number of hops, or addresses and networks. */
const proxies = z.string().transform((text, context): false | number | readonly string[] => {
  if (text === 'false') return false;
  if (/^[1-9]$/.test(text)) return Number(text);
  const networks = text.split(',').map((item) => item.trim());
  if (networks.every(isNetwork)) return networks;
  context.addIssue({
    code: 'custom',
    message: 'must be false, a number of proxies from 1 to 9, or a list of addresses and CIDRs',
  });
  return z.NEVER;
});

function isNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)]!;
  return most > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most));
}

const httpUrl = z
  .string()
  .refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), 'must be an http or https URL')
  .transform((value) => value.replace(/\/+$/, ''));

const httpsUrl = z
  .string()
  .refine(
    (value) => /^https:\/\/[^/?#@]+\/[^?#]+$/.test(value) && URL.canParse(value),
    'must be an https URL with a path',
  );

const bytes = z
  .string()
  .regex(/^\d{1,9}(b|kb|mb)?$/i, 'must be a number of bytes, or a number with kb or mb')
  .transform((value) => {
    const unit = { kb: 1024, mb: 1024 * 1024 }[value.slice(-2).toLowerCase()] ?? 1;
    return Number.parseInt(value, 10) * unit;
  })
  .refine((value) => value >= 1024, 'must be at least 1kb');

const role = z.enum(['user', 'operator', 'admin', 'service']);

/** Asymmetric algorithms that jsonwebtoken verifies. A shared secret is never a key of an issuer: see SECURITY.md, threat 1. */
const algorithm = z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']);

const issuer = z
  .strictObject({
    issuer: z.string().min(1),
    audience: z.string().min(1).optional(),
    algorithms: z.array(algorithm).min(1).default(['RS256']),
    jwksUri: z.url().optional(),
    publicKey: z
      .string()
      .transform((pem) => pem.replaceAll('\\n', '\n'))
      .refine((pem) => pem.includes('-----BEGIN PUBLIC KEY-----'), 'must be a PEM public key (SPKI)')
      .optional(),
    tenant: z.string().min(1).default('default'),
    rolesClaim: z.string().min(1).default('roles'),
    roles: z.record(z.string(), z.array(role)).default({}),
  })
  .refine((value) => (value.jwksUri === undefined) !== (value.publicKey === undefined), {
    message: 'needs either jwksUri or publicKey',
  })
  .refine((value) => new Set(value.algorithms.map((name) => name.slice(0, 2).replace('PS', 'RS'))).size === 1, {
    message: 'its algorithms must be of one key type',
  });

const issuers = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be a JSON array of issuers' });
      return z.NEVER;
    }
  })
  .pipe(z.array(issuer))
  .refine((list) => new Set(list.map((item) => item.issuer)).size === list.length, 'names an issuer twice');

const json = <T extends z.ZodType>(schema: T, what: string) =>
  z.string().transform((text, context): z.output<T> => {
    const parsed = schema.safeParse(parsedJson(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: `must be JSON: ${what}` });
    return z.NEVER;
  });

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const oauthClients = z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), z.record(z.string(), z.unknown()));

const startPackages = list.transform((items, context) =>
  items.map((item) => {
    const wanted = startPackage(item);
    if (wanted) return wanted;
    context.addIssue({ code: 'custom', message: 'must be a list of package|server' });
    return z.NEVER;
  }),
);

/** As W3C Baggage writes them; names and values may not break a header. */
const pairs = list.transform((items, context): Record<string, string> => {
  const parsed = items.map((item) => /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*([\x21-\x7e ]*)$/.exec(item));
  if (parsed.every((pair) => pair !== null)) {
    return Object.fromEntries(parsed.map((pair) => [pair[1]!, decoded(pair[2]!)]));
  }
  context.addIssue({ code: 'custom', message: 'must be a list of name=value' });
  return z.NEVER;
});

function decoded(value: string): string {
  try {
    return decodeURIComponent(value).replaceAll(/[^\x20-\x7e]/g, '');
  } catch {
    return value;
  }
}

const sampler = z.enum([
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
]);

const ratio = z
  .string()
  .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1')
  .transform(Number);

/** Every variable that the gateway reads. `.env.example` and the table in docs/OPERATIONS.md list the same names. */
export const variables = z.object({
  NODE_ENV: optional(z.enum(['development', 'production'])).default('development'),
  HOST: optional(z.string()),
  PORT: optional(integer(0, 65535)).default(3001),
  MCP_SERVER_URL: optional(httpUrl),
  MCP_ALLOWED_HOSTS: optional(list).default([]),
  MCP_ALLOWED_ORIGINS: optional(list).default([]),
  TRUST_PROXY: optional(proxies).default(false),
  SHUTDOWN_DELAY_MS: optional(integer(0, 60_000)),
  PAYLOAD_LIMIT: optional(bytes).default(6 * 1024 * 1024),
  ENABLE_LEGACY_SSE: optional(boolean).default(true),
  SAMPLE_SERVER: optional(boolean),
  MCP_SESSION_IDLE_TIMEOUT_MS: optional(integer(1000, 30 * 24 * 3600 * 1000)).default(30 * 60 * 1000),
  MCP_MAX_SESSIONS: optional(integer(1, 1_000_000)).default(10_000),
  TOOL_NAME_MAX: optional(integer(16, 128)).default(60),
  TOOL_CALL_TIMEOUT_MS: optional(integer(100, 24 * 3600 * 1000)).default(5 * 60 * 1000),
  DATA_DIR: optional(z.string()).default('./data'),
  MONGO_URL: optional(z.string().regex(/^mongodb(\+srv)?:\/\//, 'must start with mongodb:// or mongodb+srv://')),
  MONGO_URL_FILE: optional(z.string()),
  MONGO_HOST: optional(z.string()),
  MONGO_USER: optional(z.string()),
  MONGO_PASS: optional(z.string()),
  MONGO_PASS_FILE: optional(z.string()),
  MONGO_DBNAME: optional(z.string()).default('mcp'),
  MONGO_REPLICASET: optional(z.string()),
  SECRETS_DBNAME: optional(z.string()),
  REDIS_URL: optional(z.string().regex(/^rediss?:\/\//, 'must start with redis:// or rediss://')),
  REDIS_URL_FILE: optional(z.string()),
  REDIS_PREFIX: optional(z.string().regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 printable characters')).default(
    'manifold:',
  ),
  SECRETS_KEY: optional(secretsKey),
  SECRETS_KEY_PREVIOUS: optional(list.pipe(z.array(secretsKey))).default([]),
  SECRETS_KEY_FILE: optional(z.string()),
  SECRETS_KEY_REFRESH_MS: optional(integer(100, 60_000)).default(5000),
  AUTH_ISSUERS: optional(issuers).default([]),
  EGRESS_ALLOW: optional(list).default([]),
  TOOL_LIST_TTL_MS: optional(integer(100, 24 * 3600 * 1000)).default(60_000),
  PROJECT_ID: optional(z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be the id of a Paragon project')),
  SIGNING_KEY: optional(z.string()),
  SIGNING_KEY_PATH: optional(z.string()),
  LIMIT_TO_INTEGRATIONS: optional(list).default([]),
  LIMIT_TO_TOOLS: optional(list).default([]),
  CONNECT_SDK_CDN_URL: optional(httpUrl).default('https://cdn.useparagon.com/latest/sdk/index.js'),
  ACTIONKIT_BASE_URL: optional(httpUrl).default('https://actionkit.useparagon.com'),
  ACTIONKIT_API: optional(z.enum(['actions', 'tools'], { error: 'must be actions or tools' })).default('actions'),
  ZEUS_BASE_URL: optional(httpUrl).default('https://zeus.useparagon.com'),
  PROXY_BASE_URL: optional(httpUrl).default('https://proxy.useparagon.com'),
  ENABLE_CUSTOM_OPENAPI_ACTIONS: optional(boolean).default(false),
  OPENAPI_DIR: optional(z.string()).default('./openapi'),
  ENABLE_PROXY_API_TOOL: optional(boolean).default(false),
  INTEGRATION_APP_API_URL: optional(httpUrl).default('https://api.integration.app'),
  INTEGRATION_APP_WORKSPACE_KEY: optional(
    z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be the key of an Integration.app workspace'),
  ),
  INTEGRATION_APP_WORKSPACE_SECRET: optional(z.string()),
  INTEGRATION_APP_WORKSPACE_SECRET_FILE: optional(z.string()),
  INTEGRATION_APP_PUBLIC_KEY: optional(z.string()),
  INTEGRATION_APP_FORWARD_ONLY: optional(boolean).default(false),
  SERVER_UID: optional(integer(1, 4_294_967_294)),
  SERVER_GID: optional(integer(1, 4_294_967_294)),
  SERVER_MEMORY_MB: optional(integer(16, 1_048_576)).default(1024),
  SERVER_OPEN_FILES: optional(integer(32, 1_048_576)).default(1024),
  SERVER_PROCESSES: optional(integer(1, 100_000)).default(100),
  SERVER_START_TIMEOUT_MS: optional(integer(1000, 600_000)).default(30_000),
  USER_SERVERS_MAX: optional(integer(1, 10_000)).default(50),
  USER_SERVER_IDLE_MS: optional(integer(100, 24 * 3600 * 1000)).default(10 * 60 * 1000),
  PACKAGES_DIR: optional(z.string()),
  NPM_REGISTRY: optional(httpUrl).default('https://registry.npmjs.org'),
  NPM_CACHE_DIR: optional(z.string()),
  PYTHON_BIN: optional(z.string()),
  PYTHON_VENV_DIR: optional(z.string()),
  PIP_INDEX_URL: optional(httpUrl),
  PIP_EXTRA_INDEX_URL: optional(httpUrl),
  INSTALL_TIMEOUT_MS: optional(integer(1000, 24 * 3600 * 1000)).default(10 * 60 * 1000),
  INSTALL_ON_START: optional(startPackages).default([]),
  REGISTRY_URL: optional(httpUrl),
  OAUTH_CLIENT_METADATA_URL: optional(httpsUrl),
  GOOGLE_OAUTH_CREDENTIALS: optional(json(z.record(z.string(), z.unknown()), 'an object')),
  GOOGLE_OAUTH_CREDENTIALS_FILE: optional(z.string()),
  OAUTH2_CREDENTIALS: optional(json(oauthClients, 'an object of provider names (a-z, 0-9, -) and objects')).default({}),
  OAUTH2_CREDENTIALS_FILE: optional(z.string()),
  RATE_LIMIT_PER_PRINCIPAL: optional(integer(0, 1_000_000_000)),
  RATE_LIMIT_PER_SERVER: optional(integer(0, 1_000_000_000)).default(0),
  CALLS_MAX_PER_PRINCIPAL: optional(integer(0, 1_000_000)),
  CALLS_MAX_PER_SERVER: optional(integer(0, 1_000_000)).default(0),
  AUTH_FAILURES_PER_ADDRESS: optional(integer(0, 1_000_000_000)),
  CALLS_MAX: optional(integer(0, 1_000_000)),
  EVENT_LOOP_DELAY_MAX_MS: optional(integer(0, 60_000)),
  BREAKER_FAILURES: optional(integer(0, 1_000_000)).default(10),
  AUDIT_RETENTION_DAYS: optional(integer(0, 3650)).default(90),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(httpUrl),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: optional(httpUrl),
  OTEL_EXPORTER_OTLP_HEADERS: optional(pairs).default({}),
  OTEL_SERVICE_NAME: optional(z.string()),
  OTEL_RESOURCE_ATTRIBUTES: optional(pairs).default({}),
  OTEL_TRACES_SAMPLER: optional(sampler).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: optional(ratio).default(1),
  LOG_LEVEL: optional(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])).default('info'),
});

export type Variables = z.infer<typeof variables>;
