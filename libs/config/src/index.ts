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
  type StartPackage,
  type TracingConfig,
} from './config.js';
export { ConfigModule } from './config.module.js';
export { configOfProcess, inheritedEnvironment, networkEnvironment } from './environment.js';
export { loadConfig } from './load-config.js';
export { secretsKeyFault } from './secrets-key.js';
export { PRODUCT_NAME, VERSION } from './version.js';
