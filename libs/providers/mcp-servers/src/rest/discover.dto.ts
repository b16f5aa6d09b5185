import { ApiProperty } from '@nestjs/swagger';
import { IfGiven } from '@manifold/rest';
import { IsHttpUrl } from '@manifold/server-model';

export class DiscoverDto {
  /** The URL of the MCP endpoint of a server. */
  @IsHttpUrl()
  url: string;

  /** The issuer of an authorization server. The gateway asks it instead of the authorization servers that the MCP server names. */
  @IfGiven()
  @IsHttpUrl()
  authorizationServerIssuerOverride?: string;
}

/** The metadata of an authorization server, after validation. */
export class AuthorizationServerDto {
  issuer: string;

  /** The URL of the metadata document. */
  authorizationServerMetadataUrl: string;

  authorizationEndpoint: string;
  tokenEndpoint: string;
  scopesSupported?: string[];

  /** The supported PKCE methods. `S256` is always included. */
  codeChallengeMethodsSupported: string[];

  clientIdMetadataDocumentSupported?: boolean;
  registrationEndpoint?: string;
  tokenEndpointAuthMethodsSupported?: string[];
}

export class DiscoverAnswerDto {
  success: boolean;
  serverUrl: string;

  /** The URL of the server's protected resource metadata (RFC 9728). Absent if the gateway has not read any. */
  resourceMetadataUrl?: string;

  /** The resource that tokens must be issued for. */
  resourceUri: string;

  /** `prm`: the MCP server named the authorization servers. `issuer_override`: the request named the authorization server. */
  @ApiProperty({ enum: ['prm', 'issuer_override'] })
  discoverySource: 'prm' | 'issuer_override';

  /** The scopes that the server asks for when a request has no token. */
  challengedScopes?: string[];

  /** The authorization servers that the gateway can use. The preferred one is the first. */
  @ApiProperty({ type: [AuthorizationServerDto] })
  authorizationServers: AuthorizationServerDto[];

  /** How the gateway becomes a client. `cimd`: client ID metadata document. `dcr`: dynamic registration. `manual`: set by an operator. */
  @ApiProperty({ enum: ['cimd', 'dcr', 'manual'] })
  recommendedRegistrationMode: 'cimd' | 'dcr' | 'manual';
}
