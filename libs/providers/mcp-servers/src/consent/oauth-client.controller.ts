import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { GatewayClient, ManualClients, type PreRegisteredClient } from '@manifold/oauth';
import { ApiProblems, Problem } from '@manifold/rest';
import { ServerRegistry } from '../server-registry.service.js';
import { DoneAnswerDto } from '../servers.dto.js';
import { OAuthClientAnswerDto, OAuthClientDto } from './oauth-client.dto.js';

/** As which client users connect to a server whose authorization server registers none by itself. */
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
  @ApiOperation({ summary: 'The OAuth client that was registered by hand for a server' })
  @ApiOkResponse({ type: OAuthClientAnswerDto })
  async get(@Param('name') server: string, @CurrentPrincipal() { tenant }: Principal): Promise<OAuthClientAnswerDto> {
    this.registry.get(tenant, server);
    const client = await this.clients.of(tenant, server);
    if (!client) throw unknownClient(server);
    return this.answer(client);
  }

  @Put()
  @ApiOperation({
    summary: 'Set the OAuth client that was registered by hand for a server',
    description:
      'It counts for connections that begin from now on. Those that exist go on with the client that they were made with.',
  })
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
  @ApiOperation({ summary: 'Forget the OAuth client that was registered by hand for a server' })
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

const unknownClient = (server: string): Problem =>
  new Problem(404, 'client_not_found', `No OAuth client was registered by hand for server ${server}`);
