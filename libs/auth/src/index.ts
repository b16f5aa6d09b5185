// Identifies the caller of a request and what that principal may do.
// All routes are behind it. Other libraries receive a Principal and no part of the credential, except a token that a provider may forward.
export { actingUser } from './acting-user.js';
export { ApiAuthenticated, SECURITY_SCHEMES } from './api-authenticated.decorator.js';
export { ApiKeyModule } from './api-keys/api-key.module.js';
export { ApiKeyService, type NewApiKey } from './api-keys/api-key.service.js';
export { ApiKeyListDto, CreateApiKeyDto, CreatedApiKeyDto, RevokedApiKeyDto } from './api-keys/api-keys.dto.js';
export { apiKeyView, expiryOf } from './api-keys/api-keys.mapper.js';
export { AuthModule } from './auth.module.js';
export { queryTokenOf } from './credential.js';
export { holdsAccessToken } from './jwt/integration-app-token.js';
export { CurrentPrincipal } from './current-principal.decorator.js';
export {
  DEFAULT_TENANT,
  DEFAULT_USERNAME,
  LOCAL_ISSUER,
  ROLES,
  hasRole,
  isSubject,
  principalKey,
  type Principal,
  type Role,
} from './principal.js';
export { PrincipalDto, principalView } from './principal.dto.js';
export { Revocations } from './revocations.js';
export { Roles } from './roles.guard.js';
export { Public, RouteOptions, type RouteSettings } from './route-options.decorator.js';
export { StreamGrants } from './stream-grants.js';
