import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { actingUser, ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { Connections, takesTokens, type BroughtTokens } from '@manifold/oauth';
import { ApiProblems, invalidRequest, Problem } from '@manifold/rest';
import { VisibleServers } from '../access/visible-servers.service.js';
import { DoneAnswerDto } from '../servers.dto.js';
import { ConnectionAnswerDto, StoreTokensDto } from './user-connections.dto.js';

const USERNAME = {
  name: 'username',
  type: String,
  required: false,
  description: 'Whose connection it is; the rules are those of the body',
};

/** The users' connections to servers that want OAuth tokens. No route shows a token. */
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
      'For a system that has run the flow itself. From now on the user calls the server with these tokens, which the gateway refreshes; ' +
      'a static Authorization header of the server does not count for this user.',
  })
  @ApiOkResponse({ type: DoneAnswerDto })
  @ApiProblems(409, 413, 415)
  async store(
    @Param('name') server: string,
    @Body() body: StoreTokensDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<DoneAnswerDto> {
    const principal = actingUser(caller, body.username);
    const tokens = broughtTokens(body);
    await this.servers.whileRegistered(principal, server, () =>
      this.connections.adopt({ principal, server }, this.urlOf(principal, server), tokens),
    );
    return { success: true };
  }

  @Get()
  @ApiOperation({ summary: "Whether a user is connected to a server's OAuth account, and until when" })
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
  @ApiOperation({ summary: 'Forget the tokens of a user for a server' })
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
      throw new Problem(404, 'connection_not_found', `There is no connection to server ${server}`);
    }
    return { success: true };
  }

  private urlOf(principal: Principal, server: string): string {
    const { transport } = this.servers.get(principal, server);
    if (transport.transportType === 'streamable_http' && takesTokens(transport.url)) return transport.url;
    throw new Problem(409, 'server_takes_no_tokens', `Server ${server} is not reached over https: it gets no tokens`);
  }
}

function broughtTokens(body: StoreTokensDto): BroughtTokens {
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
