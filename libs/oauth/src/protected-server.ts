import type { OAuthMetadata } from '@modelcontextprotocol/sdk/shared/auth.js';

/** A client that an operator has registered by hand, good for one authorization server only. */
export interface PreRegisteredClient {
  /** Of the authorization server: its secret is shown to no other. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
}

/** A registered server that wants tokens. */
export interface ProtectedServer {
  readonly name: string;
  /** Its MCP endpoint. */
  readonly url: string;
  readonly client?: PreRegisteredClient;
}

/** What a server and its authorization server say of themselves, checked. */
export interface AuthorizationTarget {
  readonly metadata: OAuthMetadata;
  /** What tokens have to be for, as the server spells it (RFC 8707). */
  readonly resource: string;
  /** What the server's metadata says about scopes. */
  readonly scopes: readonly string[];
}

/** As what the gateway appears at an authorization server. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret?: string;
  /** `token_endpoint_auth_method` (RFC 7591), where the authorization server has said it. */
  readonly authMethod?: string;
}

/** The same, and where it gets its answers. */
export interface RegisteredClient extends ClientCredentials {
  readonly redirectUri: string;
}
