import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, Roles } from '@manifold/auth';
import { asProblem, ServerSurvey, takesTokens, type Survey } from '@manifold/oauth';
import { ApiProblems, invalidRequest } from '@manifold/rest';
import { DiscoverAnswerDto, DiscoverDto, type AuthorizationServerDto } from './discover.dto.js';

/** A look at servers that are not registered yet. */
@ApiTags('oauth')
@ApiAuthenticated()
@Controller('mcp/external')
@Roles('operator')
export class DiscoverController {
  constructor(private readonly survey: ServerSurvey) {}

  @Post('discover')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Find out which authorization server an MCP server wants tokens of',
    description: 'Nothing is stored. Private addresses are not asked unless EGRESS_ALLOW names them.',
  })
  @ApiOkResponse({ type: DiscoverAnswerDto })
  @ApiProblems(400, 403, 413, 415, 502, 503)
  async discover(@Body() { url, authorizationServerIssuerOverride: issuer }: DiscoverDto): Promise<DiscoverAnswerDto> {
    const server = checked('url', url);
    if (issuer !== undefined) checked('authorizationServerIssuerOverride', issuer);
    const survey = await this.survey.of(server, issuer).catch(asProblem);
    const { challengedScopes, authorizationServers, scopes } = survey;
    return {
      success: true,
      serverUrl: server.href,
      resourceMetadataUrl: survey.resourceMetadataUrl,
      resourceUri: survey.resource,
      discoverySource: issuer === undefined ? 'prm' : 'issuer_override',
      challengedScopes: challengedScopes.length > 0 ? [...challengedScopes] : undefined,
      authorizationServers: authorizationServers.map((found) => described(found, scopes)),
      recommendedRegistrationMode: survey.registration,
    };
  }
}

function checked(field: string, value: string): URL {
  const url = new URL(value);
  if (takesTokens(value) && url.hash === '') return url;
  const detail = `${field} must be an https URL without a fragment`;
  throw invalidRequest([{ pointer: `/${field}`, code: 'not_secure', detail }]);
}

/** What a server says of its scopes is narrower than what its authorization server says. */
const described = (
  { url, content: metadata }: Survey['authorizationServers'][number],
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
