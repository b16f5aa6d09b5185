import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { actingUser, ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { Connections, takesTokens, type ImportedTokens } from '@manifold/oauth';
import { ApiExample, ApiProblems, invalidRequest, ProblemError, warningsFor } from '@manifold/rest';
import { VisibleServers } from '../registry/visible-servers.service.js';
import { DoneAnswerDto } from '../registry/servers.dto.js';
import { ConnectionAnswerDto, StoreTokensDto } from './user-connections.dto.js';

const USERNAME = {
  name: 'username',
  type: String,
  required: false,
  description:
    'The user. Default: the caller, or "default" for callers with the role `service`. Only these may name another user.',
};

/** The OAuth connections of users to servers that require tokens. No route returns a token. */
@ApiTags('oauth')
@ApiAuthenticated()
@ApiProblems(400, 403, 404, 503)
@Controller('mcp/servers/:name/oauth')
@Roles('user')
export class UserConnectionsController {
  constructor(
    private readonly servers: VisibleServers,
    private readonly connections: Connections,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Store OAuth tokens of a user for a server',
    description:
      'For systems that run the OAuth flow themselves. From now on the gateway sends these tokens with the calls of the user and ' +
      'refreshes them. A static Authorization header of the server is not used for this user.',
  })
  @ApiExample(
    StoreTokensDto,
    {
      username: 'alice',
      tokenType: 'Bearer',
      accessToken: 'access-token',
      refreshToken: 'refresh-token',
      expiresIn: 3600,
      scopes: ['read'],
      clientId: 'client-id',
      clientSecret: 'client-secret',
    },
    { needs: 'the server of the example of POST /mcp/servers' },
  )
  @ApiOkResponse({ type: DoneAnswerDto })
  @ApiProblems(409, 413, 415)
  async store(
    @Param('name') server: string,
    @Body() body: StoreTokensDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<DoneAnswerDto> {
    const principal = actingUser(caller, body.username);
    const tokens = importedTokens(body);
    await this.servers.whileRegistered(principal, server, () =>
      this.connections.adopt({ principal, server }, this.urlOf(principal, server), tokens),
    );
    return { success: true, ...warningsFor(body) };
  }

  @Get()
  @ApiOperation({ summary: "Get the state of a user's OAuth connection to a server" })
  @ApiQuery(USERNAME)
  @ApiOkResponse({ type: ConnectionAnswerDto })
  async status(
    @Param('name') server: string,
    @Query('username') username: string | undefined,
    @CurrentPrincipal() caller: Principal,
  ): Promise<ConnectionAnswerDto> {
    const principal = actingUser(caller, username);
    this.servers.get(principal, server);
    const { scopes, ...connection } = await this.connections.status({ principal, server });
    return { success: true, connection: { ...connection, scopes: [...scopes] } };
  }

  @Delete()
  @ApiOperation({ summary: 'Delete the OAuth tokens of a user for a server' })
  @ApiQuery(USERNAME)
  @ApiOkResponse({ type: DoneAnswerDto })
  async disconnect(
    @Param('name') server: string,
    @Query('username') username: string | undefined,
    @CurrentPrincipal() caller: Principal,
  ): Promise<DoneAnswerDto> {
    const principal = actingUser(caller, username);
    this.servers.get(principal, server);
    if (!(await this.connections.disconnect({ principal, server }))) {
      throw new ProblemError(404, 'connection_not_found', `There is no connection to server ${server}`);
    }
    return { success: true };
  }

  private urlOf(principal: Principal, server: string): string {
    const { transport } = this.servers.get(principal, server);
    if (transport.transportType === 'streamable_http' && takesTokens(transport.url)) return transport.url;
    throw new ProblemError(409, 'server_takes_no_tokens', `Server ${server} has no https URL, so it cannot get tokens`);
  }
}

function importedTokens(body: StoreTokensDto): ImportedTokens {
  const { accessToken, refreshToken, expiresIn, scopes, clientId, clientSecret } = body;
  const needsClient =
    refreshToken !== undefined ? 'refreshToken' : clientSecret !== undefined ? 'clientSecret' : undefined;
  if (needsClient !== undefined && clientId === undefined) {
    throw invalidRequest([
      { pointer: '/clientId', code: 'required', detail: `clientId is needed with ${needsClient}` },
    ]);
  }
  const client = clientId === undefined ? undefined : { clientId, clientSecret };
  return { accessToken, refreshToken, expiresIn, scopes, client };
}
