// OAuth client of the gateway: discovery, client registration, user consent and the users' tokens.
// Providers use it for servers that require a token. A token leaves this library only for requests to the server it was issued for.
export { ConnectLinks, type ConnectInvitation } from './browser/connect-links.service.js';
export { bearerChallenge, missingScopes, type BearerChallenge } from './protocol/bearer-challenge.js';
export {
  ConnectFlow,
  type Callback,
  type Connected,
  type AuthorizationRedirect,
  type StartOptions,
} from './flow/connect-flow.js';
export type { ConnectionOwner } from './tokens/connection-owner.js';
export { takesTokens, type ConnectionStatus } from './tokens/connection-tokens.js';
export { Connections, type ImportedTokens } from './connections.js';
export { CALLBACK_PATH, CLIENT_METADATA_PATH, GatewayClient } from './clients/gateway-client.js';
export { asProblem } from './protocol/flow-error-problem.js';
export { ManualClients } from './clients/manual-clients.js';
export { OAuthFlowError, type OAuthFlowErrorCode } from './protocol/oauth-flow-error.js';
export { OAuthLimits } from './protocol/oauth-limits.js';
export { OAuthModule } from './oauth.module.js';
export type { ClientCredentials, PreRegisteredClient, ProtectedServer } from './protocol/protected-server.js';
export {
  areAuthorizationParameters,
  TOKEN_ENDPOINT_AUTH_METHODS,
  VENDOR_PRESETS,
  type TokenEndpointAuthMethod,
  type VendorPreset,
  type VendorSettings,
} from './protocol/vendor-settings.js';
export { SEALED_OAUTH_RECORDS } from './sealed-collections.js';
export { ServerDiscovery, type RegistrationMode, type DiscoveredServer } from './discovery/server-discovery.service.js';
export { TokenService, type TokenOptions } from './tokens/token.service.js';
export { toolCallbackPath, ToolFlows, type ToolFlow } from './flow/tool-flows.js';
