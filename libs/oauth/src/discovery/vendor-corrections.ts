import type { OAuthMetadata } from '../protocol/metadata-documents.js';
import { checkEndpoints, isSameIssuer, type MetadataAllowances } from '../protocol/metadata-rules.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import type { ProtectedServer } from '../protocol/protected-server.js';

/** Maximum number of authorization servers to query. A server would name more only to make the gateway send requests. */
export const MOST_SERVERS = 5;

/** Returns whether an operator says which authorization server to use, so that nothing depends on the server's own metadata. */
export const isByHand = ({ vendor }: ProtectedServer): boolean =>
  vendor?.issuer !== undefined || vendor?.authorizationEndpoint !== undefined;

/** @returns undefined if the metadata must be discovered */
export function metadataByHand({ vendor = {}, client }: ProtectedServer): OAuthMetadata | undefined {
  const { authorizationEndpoint, tokenEndpoint } = vendor;
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) return undefined;
  return {
    issuer: vendor.issuer ?? client?.issuer ?? new URL(authorizationEndpoint).origin,
    authorization_endpoint: authorizationEndpoint,
    token_endpoint: tokenEndpoint,
  };
}

/**
 * Puts the endpoints that an operator has set, and the method of authentication, into validated metadata.
 * @throws OAuthFlowError `metadata_refused`: endpoints by hand obey the same rules
 */
export function withEndpoints(metadata: OAuthMetadata, { vendor = {} }: ProtectedServer, url: URL): OAuthMetadata {
  const { tokenEndpointAuthMethod: method } = vendor;
  const corrected = {
    ...metadata,
    token_endpoint_auth_methods_supported:
      method === undefined ? metadata.token_endpoint_auth_methods_supported : [method],
    authorization_endpoint: vendor.authorizationEndpoint ?? metadata.authorization_endpoint,
    token_endpoint: vendor.tokenEndpoint ?? metadata.token_endpoint,
    registration_endpoint: vendor.registrationEndpoint ?? metadata.registration_endpoint,
  };
  checkEndpoints(corrected, url);
  return corrected;
}

/** Returns what an operator allows about the metadata. An issuer that only the server names gets no alias: it could speak for any other. */
export const allowancesOf = (server: ProtectedServer): MetadataAllowances => ({
  alias: aliasesOf(server)?.[0],
  assumesPkce:
    server.vendor?.pkce === 'assumed' ||
    (server.vendor?.pkce === undefined && server.client?.clientSecret !== undefined),
});

/** @returns the alias and the issuer that it belongs to; undefined if there is no alias that counts */
export function aliasesOf({ vendor = {}, client }: ProtectedServer): readonly [string, string] | undefined {
  const issuer = vendor.issuer ?? client?.issuer;
  return issuer === undefined || vendor.issuerAlias === undefined ? undefined : [vendor.issuerAlias, issuer];
}

/**
 * Returns the authorization servers to ask: the one that an operator has set or whose client the operator has registered, else those that
 * the server names, else the server's own host.
 * @throws OAuthFlowError `metadata_refused`, if the client belongs to another one
 */
export function chooseIssuers(
  named: readonly string[],
  { client, vendor = {} }: ProtectedServer,
  url: URL,
): readonly string[] {
  const { issuer, issuerAlias } = vendor;
  const isClients = (one: string): boolean => client === undefined || isSameIssuer(one, client.issuer);
  if (issuer !== undefined) {
    if (isClients(issuer) || (issuerAlias !== undefined && isClients(issuerAlias))) return [issuer];
    throw otherIssuer('The settings of the server name');
  }
  if (!client) return named.length > 0 ? named.slice(0, MOST_SERVERS) : [url.origin];
  const own = named.find(isClients);
  if (own === undefined && named.length > 0) throw otherIssuer('The server names');
  return [own ?? client.issuer];
}

const otherIssuer = (who: string): OAuthFlowError =>
  new OAuthFlowError(
    'metadata_refused',
    `${who} an authorization server that its manually registered client does not belong to`,
  );
