import type { AuthorizationServer } from 'oauth4webapi';
import { isYes, textOf, wordsOf, type JsonObject } from './lenient-json.js';
import { OAuthFlowError } from './oauth-flow-error.js';

/** Metadata of a server (RFC 9728), as far as the gateway uses it. */
export interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly scopes_supported: readonly string[];
}

/** Metadata of an authorization server, with the endpoints of the code flow. */
export interface OAuthMetadata extends AuthorizationServer {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly client_id_metadata_document_supported?: boolean;
}

/**
 * Reads the metadata of a server. Optional members may be missing in any form.
 * @throws OAuthFlowError `metadata_refused`
 */
export function readResourceMetadata(document: JsonObject): ResourceMetadata {
  return {
    resource: required(document, 'resource'),
    authorization_servers: wordsOf(document.authorization_servers) ?? [],
    scopes_supported: wordsOf(document.scopes_supported) ?? [],
  };
}

/**
 * Reads the metadata of an authorization server (RFC 8414, OpenID Connect discovery), as far as the gateway uses it.
 * @throws OAuthFlowError `metadata_refused`
 */
export function readAuthorizationServer(document: JsonObject): OAuthMetadata {
  return {
    issuer: required(document, 'issuer'),
    authorization_endpoint: required(document, 'authorization_endpoint'),
    token_endpoint: required(document, 'token_endpoint'),
    registration_endpoint: textOf(document.registration_endpoint),
    scopes_supported: wordsOf(document.scopes_supported),
    response_types_supported: responseTypes(document.response_types_supported),
    token_endpoint_auth_methods_supported: wordsOf(document.token_endpoint_auth_methods_supported),
    code_challenge_methods_supported: wordsOf(document.code_challenge_methods_supported),
    client_id_metadata_document_supported: isYes(document.client_id_metadata_document_supported) || undefined,
    authorization_response_iss_parameter_supported:
      isYes(document.authorization_response_iss_parameter_supported) || undefined,
  };
}

/** A response type is itself a list of words, so only an array counts. Without one, codes are assumed. */
const responseTypes = (value: unknown): string[] => (Array.isArray(value) ? wordsOf(value)! : ['code']);

function required(document: JsonObject, member: string): string {
  const value = textOf(document[member]);
  if (value !== undefined) return value;
  throw new OAuthFlowError('metadata_refused', `The metadata has no ${member}`);
}
