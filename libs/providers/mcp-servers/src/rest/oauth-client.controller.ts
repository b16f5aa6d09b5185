import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { GatewayClient, ManualClients, type PreRegisteredClient } from '@manifold/oauth';
import { ApiExample, ApiProblems, ProblemError } from '@manifold/rest';
import { ServerRegistry } from '../registry/server-registry.service.js';
import { DoneAnswerDto } from '../registry/servers.dto.js';
import { OAuthClientAnswerDto, OAuthClientDto } from './oauth-client.dto.js';

/** The manually registered OAuth client of a server. It is needed if the authorization server does not register clients by itself. */
@ApiTags('oauth')
@ApiAuthenticated()
@ApiProblems(403, 404, 503)
@Controller('mcp/servers/:name/oauth/client')
@Roles('operator')
export class OAuthClientController {
  constructor(
    private readonly registry: ServerRegistry,
    private readonly clients: ManualClients,
    private readonly gateway: GatewayClient,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Get the manually registered OAuth client of a server' })
  @ApiOkResponse({ type: OAuthClientAnswerDto })
  async get(@Param('name') server: string, @CurrentPrincipal() { tenant }: Principal): Promise<OAuthClientAnswerDto> {
    this.registry.get(tenant, server);
    const client = await this.clients.of(tenant, server);
    if (!client) throw unknownClient(server);
    return this.answer(client);
  }

  @Put()
  @ApiOperation({
    summary: 'Set the manually registered OAuth client of a server',
    description:
      'Applies to connections that begin from now on. Existing connections keep the client that they were made with.',
  })
  @ApiExample(
    OAuthClientDto,
    { issuer: 'https://login.example.com/', clientId: 'client-id', clientSecret: 'client-secret' },
    { needs: 'the server of the example of POST /mcp/servers' },
  )
  @ApiOkResponse({ type: OAuthClientAnswerDto })
  @ApiProblems(400, 413, 415)
  async set(
    @Param('name') server: string,
    @Body() { issuer, clientId, clientSecret }: OAuthClientDto,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<OAuthClientAnswerDto> {
    const client = { issuer, clientId, clientSecret };
    await this.registry.whileRegistered(tenant, server, () => this.clients.put(tenant, server, client));
    return this.answer(client);
  }

  @Delete()
  @ApiOperation({ summary: 'Delete the manually registered OAuth client of a server' })
  @ApiOkResponse({ type: DoneAnswerDto })
  async remove(@Param('name') server: string, @CurrentPrincipal() { tenant }: Principal): Promise<DoneAnswerDto> {
    this.registry.get(tenant, server);
    if (!(await this.clients.remove(tenant, server))) throw unknownClient(server);
    return { success: true };
  }

  private answer({ issuer, clientId, clientSecret }: PreRegisteredClient): OAuthClientAnswerDto {
    const client = { issuer, clientId, hasSecret: clientSecret !== undefined };
    return { success: true, client, redirectUri: this.gateway.redirectUri };
  }
}

const unknownClient = (server: string): ProblemError =>
  new ProblemError(404, 'client_not_found', `Server ${server} has no manually registered OAuth client`);
