import type { Config } from '@manifold/config';
import type { ResourceMetadataDto } from './resource-metadata.dto.js';

/** First part of the paths of the metadata (RFC 9728, section 3.1). The path of the resource follows it. */
export const RESOURCE_METADATA = '/.well-known/oauth-protected-resource';

/** The endpoints that a client may know the gateway by, as the resource of its tokens. */
export type Endpoint = '/mcp' | '/sse';

/**
 * Returns the issuers from which MCP clients can get a token: those of AUTH_ISSUERS. Tokens of Paragon and Integration.app come from the
 * applications of their customers, and API keys from operators.
 */
const authorizationServers = ({ issuers }: Config): string[] =>
  issuers.filter(({ claims }) => claims === undefined).map(({ issuer }) => issuer);

/**
 * Returns the metadata of an endpoint.
 * @returns undefined if there is no authorization server. The metadata would start a search of clients that cannot end well
 */
export function resourceMetadata(config: Config, endpoint: Endpoint): ResourceMetadataDto | undefined {
  const servers = authorizationServers(config);
  if (servers.length === 0) return undefined;
  return {
    resource: `${config.publicUrl}${endpoint}`,
    authorization_servers: servers,
    bearer_methods_supported: ['header'],
    resource_name: 'Manifold',
  };
}

/**
 * Returns the value of `WWW-Authenticate` for a request without a valid credential. It names the metadata of the endpoint that was
 * requested: clients compare the metadata's resource with the URL that they know (RFC 9728, section 3.3).
 * @param url the request's URL
 * @param credentialGiven whether the request had a credential (RFC 6750, section 3.1)
 */
export function challenge(config: Config, url: string, credentialGiven: boolean): string {
  const endpoint: Endpoint = /^\/(?:sse|messages)(?:[/?]|$)/.test(url) ? '/sse' : '/mcp';
  const hint =
    authorizationServers(config).length > 0
      ? `Bearer resource_metadata="${config.publicUrl}${RESOURCE_METADATA}${endpoint}"`
      : 'Bearer realm="Manifold"';
  return credentialGiven ? `${hint}, error="invalid_token"` : hint;
}
