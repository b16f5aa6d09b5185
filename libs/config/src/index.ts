// The settings, read once from the environment and from `.env`.
// Every module gets its settings by injection. No other library reads `process.env`.
export {
  Config,
  ConfigError,
  IntegrationAppConfig,
  PackagesConfig,
  ParagonConfig,
  type HostingConfig,
  type IssuerConfig,
  type LimitsConfig,
  type MongoConfig,
  type RedisConfig,
  type SecretsConfig,
  type ServedTenant,
  type StartPackage,
  type TracingConfig,
} from './model/config.js';
export { ConfigModule } from './config.module.js';
export {
  certificateEnvironment,
  configOfProcess,
  forgetSecretsOfProcess,
  inheritedEnvironment,
  proxyEnvironment,
  warningsOfProcess,
} from './environment.js';
export { loadConfig } from './load-config.js';
export {
  COMMAND,
  ROLE_NAMES,
  SCRIPT_PACKAGE,
  SCRIPT_WORDS,
  STDIO_WORDS,
  type RoleName,
  type RunPolicyConfig,
  type ScriptRule,
  type StdioRule,
} from './model/run-policy.js';
export { COMMAND_LINE_ISSUER } from './groups/issuers.js';
export { secretsKeyFault } from './groups/secrets-key.js';
export { PRODUCT_NAME, VERSION } from './version.js';
