import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { actingUser, ApiAuthenticated, CurrentPrincipal, Roles, RouteOptions, type Principal } from '@manifold/auth';
import { ApiExample, ApiProblems, ProblemError, warned } from '@manifold/rest';
import { DoneAnswerDto } from '../registry/servers.dto.js';
import {
  InstallAnswerDto,
  InstallDto,
  OfUserDto,
  UserInstallAnswerDto,
  UserSecretsDto,
  UserServerAnswerDto,
  UserServersAnswerDto,
  UserToolsAnswerDto,
} from './user-view.dto.js';
import { UserAccounts } from '../consent/user-accounts.js';
import { UserView } from './user-view.service.js';

const USERNAME = {
  name: 'username',
  type: String,
  required: false,
  description:
    'The user. Default: the caller, or "default" for callers with the role `service`. Only these may name another user.',
};

/** The registered servers from the view of one user. */
@ApiTags('servers of a user')
@ApiAuthenticated()
@ApiProblems(400, 403, 503)
@Controller('mcp/user/servers')
@Roles('user')
export class UserViewController {
  constructor(
    private readonly views: UserView,
    private readonly accounts: UserAccounts,
  ) {}

  @Get()
  @RouteOptions({ audited: true })
  @ApiOperation({ summary: "List the registered servers with a user's account state and secret names" })
  @ApiQuery(USERNAME)
  @ApiOkResponse({ type: UserServersAnswerDto })
  async list(
    @Query('username') username: string | undefined,
    @CurrentPrincipal() caller: Principal,
  ): Promise<UserServersAnswerDto> {
    return { success: true, servers: await this.views.list(actingUser(caller, username)) };
  }

  @Get(':name')
  @RouteOptions({ audited: true })
  @ApiOperation({ summary: "Get a registered server with a user's account state and secret names" })
  @ApiQuery(USERNAME)
  @ApiOkResponse({ type: UserServerAnswerDto })
  @ApiProblems(404)
  async get(
    @Param('name') name: string,
    @Query('username') username: string | undefined,
    @CurrentPrincipal() caller: Principal,
  ): Promise<UserServerAnswerDto> {
    return { success: true, server: await this.views.get(actingUser(caller, username), name) };
  }

  @Get(':name/tools')
  @ApiOperation({ summary: 'List the tools of a server that a user can use' })
  @ApiQuery(USERNAME)
  @ApiOkResponse({ type: UserToolsAnswerDto })
  @ApiProblems(404)
  async tools(
    @Param('name') name: string,
    @Query('username') username: string | undefined,
    @CurrentPrincipal() caller: Principal,
  ): Promise<UserToolsAnswerDto> {
    const { toolsList } = await this.views.get(actingUser(caller, username), name);
    return { success: true, tools: toolsList };
  }

  @Get(':name/install')
  @ApiOperation({
    summary: 'Get the installation of a server for a user',
    description:
      'A server is installed if it needs no account, or if the user has connected one. Otherwise the answer is 404.',
  })
  @ApiQuery(USERNAME)
  @ApiOkResponse({ type: UserInstallAnswerDto })
  @ApiProblems(404)
  async installation(
    @Param('name') serverName: string,
    @Query('username') username: string | undefined,
    @CurrentPrincipal() caller: Principal,
  ): Promise<UserInstallAnswerDto> {
    const user = actingUser(caller, username);
    const { installed, enabled, authState } = await this.views.get(user, serverName);
    if (!installed) throw notInstalled(serverName);
    return { success: true, install: { serverName, username: user.subject, enabled, authState } };
  }

  @Post(':name/install')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Install a server for a user',
    description:
      'If the server needs an account that the user has not connected, the answer contains a link for connecting it.',
  })
  @ApiExample(InstallDto, { username: 'alice' }, { needs: 'the sample server' })
  @ApiOkResponse({ type: InstallAnswerDto })
  @ApiProblems(404, 413, 415)
  install(
    @Param('name') name: string,
    @Body() body: InstallDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<InstallAnswerDto> {
    return this.invited(actingUser(caller, body.username), name);
  }

  @Put(':name/install')
  @ApiOperation({
    summary: 'Install a server again for a user',
    description:
      'The same as POST. If the connection of the user has expired, the answer contains a link for a new one.',
  })
  @ApiExample(InstallDto, { username: 'alice', enabled: true }, { needs: 'the sample server' })
  @ApiOkResponse({ type: InstallAnswerDto })
  @ApiProblems(404, 413, 415)
  update(
    @Param('name') name: string,
    @Body() body: InstallDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<InstallAnswerDto> {
    return this.invited(actingUser(caller, body.username), name);
  }

  @Delete(':name/install')
  @ApiOperation({
    summary: "Delete a user's OAuth connection and secrets for a server",
    description: 'The data of other users is kept, and the server stays registered.',
  })
  @ApiExample(
    OfUserDto,
    { username: 'alice' },
    { needs: 'the secrets of the example of POST /mcp/user/servers/{name}/secrets', required: false },
  )
  @ApiQuery(USERNAME)
  @ApiOkResponse({ type: DoneAnswerDto })
  @ApiProblems(404, 413, 415)
  async uninstall(
    @Param('name') name: string,
    @Query('username') username: string | undefined,
    @Body() body: OfUserDto | undefined,
    @CurrentPrincipal() caller: Principal,
  ): Promise<DoneAnswerDto> {
    if (!(await this.views.leave(actingUser(caller, body?.username ?? username), name))) throw notInstalled(name);
    return { success: true };
  }

  @Post(':name/secrets')
  @HttpCode(200)
  @ApiOperation({ summary: 'Store several secrets of a user for a server' })
  @ApiExample(
    UserSecretsDto,
    { username: 'alice', secrets: [{ name: 'API_TOKEN', value: 'token-of-alice' }] },
    { needs: 'the sample server' },
  )
  @ApiOkResponse({ type: DoneAnswerDto })
  @ApiProblems(404, 413, 415)
  async secrets(
    @Param('name') name: string,
    @Body() { username, secrets }: UserSecretsDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<DoneAnswerDto> {
    return { success: true, ...warned(await this.views.store(actingUser(caller, username), name, secrets)) };
  }

  @Post(':name/refresh')
  @HttpCode(200)
  @ApiOperation({
    summary: "Close a user's own connection to a server",
    description:
      'Running calls finish, and the next call opens a new connection. A connection that users share is not affected.',
  })
  @ApiExample(OfUserDto, { username: 'alice' }, { needs: 'the sample server' })
  @ApiOkResponse({ type: UserServerAnswerDto })
  @ApiProblems(404, 413, 415)
  async refresh(
    @Param('name') name: string,
    @Body() { username }: OfUserDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<UserServerAnswerDto> {
    const user = actingUser(caller, username);
    await this.accounts.refresh(user, name);
    return { success: true, server: await this.views.get(user, name) };
  }

  private async invited(user: Principal, name: string): Promise<InstallAnswerDto> {
    const authorizationUrl = await this.accounts.invite(user, name);
    return { success: true, server: await this.views.get(user, name), authorizationUrl };
  }
}

const notInstalled = (server: string): ProblemError =>
  new ProblemError(404, 'server_not_installed', `Server ${server} is not installed for this user`);
