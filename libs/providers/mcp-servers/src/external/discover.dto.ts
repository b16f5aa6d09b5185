import { ApiProperty } from '@nestjs/swagger';
import { IfGiven } from '@manifold/rest';
import { IsHttpUrl } from '@manifold/server-hosting';

export class DiscoverDto {
  /** The MCP endpoint of a server. */
  @IsHttpUrl()
  url: string;

  /** An authorization server to ask instead of those that the server names. */
  @IfGiven()
  @IsHttpUrl()
  authorizationServerIssuerOverride?: string;
}

/** An authorization server as it describes itself, checked. */
export class AuthorizationServerDto {
  issuer: string;

  /** Where it describes itself. */
  authorizationServerMetadataUrl: string;

  authorizationEndpoint: string;
  tokenEndpoint: string;
  scopesSupported?: string[];

  /** `S256` is among them. */
  codeChallengeMethodsSupported: string[];

  clientIdMetadataDocumentSupported?: boolean;
  registrationEndpoint?: string;
  tokenEndpointAuthMethodsSupported?: string[];
}

export class DiscoverAnswerDto {
  success: boolean;
  serverUrl: string;

  /** Where the server's own metadata is. */
  resourceMetadataUrl?: string;

  /** What tokens have to be for. */
  resourceUri: string;

  /** `prm`: the server was asked. `issuer_override`: the authorization server of the request. */
  @ApiProperty({ enum: ['prm', 'issuer_override'] })
  discoverySource: 'prm' | 'issuer_override';

  /** What the server asks for when a request has no token. */
  challengedScopes?: string[];

  /** Those that the gateway can use, the preferred one first. */
  @ApiProperty({ type: [AuthorizationServerDto] })
  authorizationServers: AuthorizationServerDto[];

  /** By the gateway's client id metadata document, by dynamic registration, or by hand. */
  @ApiProperty({ enum: ['cimd', 'dcr', 'manual'] })
  recommendedRegistrationMode: 'cimd' | 'dcr' | 'manual';
}
