// Runs registered servers: processes, connections, restarts, singletons and the metadata that servers report. Only the
// provider of registered servers uses it. It does not check who may see a server.
export { accessRules, differInAccessAlone } from './model/access-settings.js';
export { UserConsents } from './connections/user-consents.js';
export { userOf } from './model/user-of.js';
export { wantsConsent } from './connections/wants-consent.js';
export { ResourceSubscriptions } from './metadata/resource-subscriptions.js';
export { ServerFeatures, type ChangeListener, type Changing, type Introduction } from './metadata/server-features.js';
export { programOf } from './model/program-of.js';
export { secretsIn } from './model/secret-headers.js';
export { connectionTo, openSecrets, withConnectionFor, withInstanceFor } from './connections/server-connection.js';
export { ProgramStarter } from './connections/program-starter.js';
export { ServerConnector } from './connections/server-connector.js';
export { ServerHttp } from './connections/server-http.js';
export { ServerEras } from './metadata/server-eras.js';
export { ServerMetadataCache } from './metadata/server-metadata-cache.js';
export {
  AUTHORIZATION_URL_TOOL,
  EXCHANGE_TOOL,
  isAuthorizationTool,
  isSingleton,
  serverKey,
  servesUsersApart,
  takesSecretsAsArguments,
  tokenProviderOf,
  secretsDestination,
  type SecretSettings,
  type ServerRecord,
} from './model/server-record.js';
export { SERVERS } from './model/servers-collection.js';
export { hiddenTransport, type Placeholder } from './model/confidential-settings.js';
export { argumentPieces, isPlaceholder, urlPieces, type Piece } from './model/confidential-texts.js';
export type { HttpSettings, StdioSettings } from './model/transport-settings.js';
export { destinationOf } from './model/destination.js';
export { SERVER_SESSIONS } from './metadata/server-sessions.js';
export { type CallableServer, type Secrets, type ServerRun, type ServerStatus } from './connections/server-run.js';
export { ServerResources } from './supervision/server-resources.js';
export { ServerSessions } from './metadata/server-sessions.js';
export { ServerSupervisor } from './supervision/server-supervisor.js';
export { ServerToolRef } from './model/server-tool-ref.js';
export { ServerTools, type KnownTools } from './metadata/server-tools.js';
export { SingletonClient } from './singleton/singleton-client.service.js';
export { SingletonHost } from './singleton/singleton-host.service.js';
export { SingletonServers } from './singleton/singleton-servers.service.js';
