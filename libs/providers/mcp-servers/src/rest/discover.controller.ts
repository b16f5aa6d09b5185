import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, Roles } from '@manifold/auth';
import { asProblem, ServerDiscovery, takesTokens, type DiscoveredServer } from '@manifold/oauth';
import { ApiExample, ApiProblems, invalidRequest } from '@manifold/rest';
import { DiscoverAnswerDto, DiscoverDto, type AuthorizationServerDto } from './discover.dto.js';

/** Discovers the OAuth requirements of servers that are not registered yet. */
@ApiTags('oauth')
@ApiAuthenticated()
@Controller('mcp/external')
@Roles('operator')
export class DiscoverController {
  constructor(private readonly discovery: ServerDiscovery) {}

  @Post('discover')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Discover the OAuth requirements of an MCP server',
    description:
      'Nothing is stored. The gateway sends no request to a private address that EGRESS_ALLOW does not name.',
  })
  @ApiExample(DiscoverDto, { url: 'https://mcp.example.com/mcp' }, { needs: 'a server at that URL' })
  @ApiOkResponse({ type: DiscoverAnswerDto })
  @ApiProblems(400, 403, 413, 415, 502, 503)
  async discover(@Body() { url, authorizationServerIssuerOverride: issuer }: DiscoverDto): Promise<DiscoverAnswerDto> {
    const server = checked('url', url);
    if (issuer !== undefined) checked('authorizationServerIssuerOverride', issuer);
    const discovered = await this.discovery.of(server, issuer).catch(asProblem);
    const { challengedScopes, authorizationServers, scopes } = discovered;
    return {
      success: true,
      serverUrl: server.href,
      resourceMetadataUrl: discovered.resourceMetadataUrl,
      resourceUri: discovered.resource,
      discoverySource: issuer === undefined ? 'prm' : 'issuer_override',
      challengedScopes: challengedScopes.length > 0 ? [...challengedScopes] : undefined,
      authorizationServers: authorizationServers.map((found) => described(found, scopes)),
      recommendedRegistrationMode: discovered.registration,
    };
  }
}

function checked(field: string, value: string): URL {
  const url = new URL(value);
  if (takesTokens(value) && url.hash === '') return url;
  const detail = `${field} must be an https URL without a fragment`;
  throw invalidRequest([{ pointer: `/${field}`, code: 'not_secure', detail }]);
}

/** Describes an authorization server. The server's own `scopes_supported` comes first: it is narrower than the authorization server's. */
const described = (
  { url, content: metadata }: DiscoveredServer['authorizationServers'][number],
  scopes: readonly string[],
): AuthorizationServerDto => ({
  issuer: metadata.issuer,
  authorizationServerMetadataUrl: url,
  authorizationEndpoint: metadata.authorization_endpoint,
  tokenEndpoint: metadata.token_endpoint,
  scopesSupported: scopes.length > 0 ? [...scopes] : metadata.scopes_supported,
  codeChallengeMethodsSupported: metadata.code_challenge_methods_supported ?? [],
  clientIdMetadataDocumentSupported: metadata.client_id_metadata_document_supported,
  registrationEndpoint: metadata.registration_endpoint,
  tokenEndpointAuthMethodsSupported: metadata.token_endpoint_auth_methods_supported,
});
