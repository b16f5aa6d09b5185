export { AuthorizationServer, type AuthorizationServerOptions } from './authorization-server.js';
export type { Target } from './endpoint.js';
export { ProtectedUpstream, type ProtectedUpstreamOptions } from './protected-upstream.js';
export { KNOWN_CLIENT, SCOPES, type IssuingRules } from './provider.js';
export { ResourceOwner } from './resource-owner.js';
