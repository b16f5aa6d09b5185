import { resolve } from 'node:path';
import { Config, ConfigError } from './model/config.js';
import { hostingConfig, hostingFaults } from './groups/hosting.js';
import { integrationApp } from './groups/integration-app.js';
import { reservedIssuerFaults } from './groups/issuers.js';
import { limitsConfig } from './groups/limits.js';
import { allowedHosts, bodyLimits, listeningFaults, publicUrlOf } from './groups/listening.js';
import { packagesConfig } from './groups/packages.js';
import { paragonConfig, paragonIssuer } from './groups/paragon.js';
import { runPolicyConfig } from './groups/run-policy.js';
import type { Environment } from './secret-files.js';
import { secretsConfig } from './groups/secrets.js';
import { servedUsersFaults, sharedSubjectFaults } from './groups/served-users.js';
import { readSettings, type SettingValues } from './settings.js';
import { mongoConfig, redisConfig, stateFaults } from './groups/state.js';
import { toolOAuthClients } from './groups/oauth.js';
import { tracingConfig } from './groups/tracing.js';
import { readNpmrc } from './npmrc.js';
import { misspelt } from './warnings.js';

/**
 * Turns environment variables into settings.
 * @throws ConfigError that names every fault, never a value
 */
export function loadConfig(environment: Environment): Config {
  const faults: string[] = [];
  const values = readSettings(environment, faults);
  const config = faults.length === 0 ? configOf(values, faults, environment) : undefined;
  if (!config || faults.length > 0) throw new ConfigError(faults, misspelt(environment));
  return config;
}

/**
 * Makes the configuration from the values of the settings.
 * @param faults gets one line for each setting that contradicts another. If there is a fault, the configuration must not be used
 * @param environment variables to which npm's configuration refers
 */
export function configOf(values: SettingValues, faults: string[], environment: Environment): Config {
  faults.push(...listeningFaults(values), ...stateFaults(values), ...hostingFaults(values));
  const secrets = secretsConfig(values, faults);
  const paragon = paragonConfig(values, faults);
  const integration = integrationApp(values, faults);
  const publicUrl = publicUrlOf(values);
  const configured = values.AUTH_ISSUERS.map((issuer) => ({
    ...issuer,
    audience: issuer.audience ?? `${publicUrl}/mcp`,
    sseAudience: issuer.audience === undefined && values.ENABLE_LEGACY_SSE ? `${publicUrl}/sse` : undefined,
  }));
  const ofBackends = [
    ...(paragon ? [paragonIssuer(paragon)] : []),
    ...(integration?.issuer ? [integration.issuer] : []),
  ];
  const issuers = [...configured, ...ofBackends];
  const reserved = [...ofBackends.map(({ issuer }) => issuer), ...(integration ? [integration.config.issuer] : [])];
  faults.push(
    ...reservedIssuerFaults(configured, reserved),
    ...servedUsersFaults('PARAGON_USERS', values.PARAGON_USERS, issuers),
    ...servedUsersFaults('INTEGRATION_APP_USERS', values.INTEGRATION_APP_USERS, issuers),
    ...(paragon ? sharedSubjectFaults('PARAGON_USERS', paragon.served, configured) : []),
    ...(integration?.config.signingSecret
      ? sharedSubjectFaults('INTEGRATION_APP_USERS', integration.config.served, configured)
      : []),
  );
  return new Config({
    environment: values.NODE_ENV,
    host: values.HOST,
    port: values.PORT,
    trustProxy: values.TRUST_PROXY,
    shutdownDelayMs: values.SHUTDOWN_DELAY_MS,
    publicUrl,
    allowedHosts: allowedHosts(values),
    allowedOrigins: values.MCP_ALLOWED_ORIGINS,
    publicDetails: values.PUBLIC_DETAILS,
    bodies: bodyLimits(values),
    legacySse: values.ENABLE_LEGACY_SSE,
    sampleServer: values.SAMPLE_SERVER,
    sessionIdleTimeoutMs: values.MCP_SESSION_IDLE_TIMEOUT_MS,
    maxSessions: values.MCP_MAX_SESSIONS,
    toolNameMax: values.TOOL_NAME_MAX,
    toolCallTimeoutMs: values.TOOL_CALL_TIMEOUT_MS,
    dataDir: resolve(values.DATA_DIR),
    mongo: mongoConfig(values),
    redis: redisConfig(values),
    secrets,
    issuers,
    egressAllow: values.EGRESS_ALLOW,
    toolListTtlMs: values.TOOL_LIST_TTL_MS,
    paragon,
    integrationApp: integration?.config,
    runPolicy: runPolicyConfig(values),
    hosting: hostingConfig(values),
    limits: limitsConfig(values),
    packages: packagesConfig(values, readNpmrc(values.NPM_CONFIG_USERCONFIG, environment, faults)),
    registryUrl: values.REGISTRY_URL,
    toolOAuthClients: toolOAuthClients(values, faults),
    oauthClientMetadataUrl: values.OAUTH_CLIENT_METADATA_URL,
    auditRetentionDays: values.AUDIT_RETENTION_DAYS,
    tracing: tracingConfig(values),
    logLevel: values.LOG_LEVEL,
  });
}
