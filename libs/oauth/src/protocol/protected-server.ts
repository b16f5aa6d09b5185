import type { OAuthMetadata } from './metadata-documents.js';
import type { VendorSettings } from './vendor-settings.js';

/** Client that an operator registered by hand, for one authorization server only. */
export interface PreRegisteredClient {
  /** Issuer of the authorization server. The client's secret is shown to no other. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
}

/** Registered server that requires tokens. */
export interface ProtectedServer {
  readonly name: string;
  /** Its MCP endpoint. */
  readonly url: string;
  readonly client?: PreRegisteredClient;
  /** Corrections that an operator makes to what its authorization server says. */
  readonly vendor?: VendorSettings;
}

/** Validated metadata of a server and its authorization server. */
export interface AuthorizationTarget {
  readonly metadata: OAuthMetadata;
  /** Resource for which tokens are requested, as the server spells it (RFC 8707). */
  readonly resource: string;
  /** Parameter `resource` where it is not that resource; null: it is left out. */
  readonly indicator?: string | null;
  /** Scopes in the server's metadata. */
  readonly scopes: readonly string[];
}

/** Credentials of the gateway at an authorization server. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret?: string;
  /** `token_endpoint_auth_method` (RFC 7591), if it is known. */
  readonly authMethod?: string;
}

/** Client credentials with the redirect URI. */
export interface RegisteredClient extends ClientCredentials {
  readonly redirectUri: string;
}
