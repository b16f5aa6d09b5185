import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { actingUser, ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiProblems, Problem } from '@manifold/rest';
import { DoneAnswerDto } from '../servers.dto.js';
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
import { UserView } from './user-view.service.js';

const USERNAME = {
  name: 'username',
  type: String,
  required: false,
  description: 'Whose view it is; the rules are those of the body',
};

/** The registered servers as single users have them. */
@ApiTags('servers of a user')
@ApiAuthenticated()
@ApiProblems(400, 403, 503)
@Controller('mcp/user/servers')
@Roles('user')
export class UserViewController {
  constructor(private readonly views: UserView) {}

  @Get()
  @ApiOperation({ summary: 'The registered servers, with what a user has there' })
  @ApiQuery(USERNAME)
  @ApiOkResponse({ type: UserServersAnswerDto })
  async list(
    @Query('username') username: string | undefined,
    @CurrentPrincipal() caller: Principal,
  ): Promise<UserServersAnswerDto> {
    return { success: true, servers: await this.views.list(actingUser(caller, username)) };
  }

  @Get(':name')
  @ApiOperation({ summary: 'One server, with what a user has there' })
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
  @ApiOperation({ summary: 'The tools of a server' })
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
  @ApiOperation({ summary: 'Whether a user can call a server' })
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
    summary: 'Begin to use a server',
    description:
      'Where the server wants an account of the user, the answer has the link on which the user connects it.',
  })
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
  @ApiOperation({ summary: 'The same, for a server that is in use already' })
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
    summary: "Remove a user's account and secrets for a server",
    description: 'Other users keep theirs, and the server stays registered.',
  })
  @ApiQuery(USERNAME)
  @ApiBody({ type: OfUserDto, required: false })
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
  @ApiOkResponse({ type: DoneAnswerDto })
  @ApiProblems(404, 413, 415)
  async secrets(
    @Param('name') name: string,
    @Body() { username, secrets }: UserSecretsDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<DoneAnswerDto> {
    await this.views.store(actingUser(caller, username), name, secrets);
    return { success: true };
  }

  @Post(':name/refresh')
  @HttpCode(200)
  @ApiOperation({ summary: "Open a user's own connection to a server anew" })
  @ApiOkResponse({ type: UserServerAnswerDto })
  @ApiProblems(404, 413, 415)
  async refresh(
    @Param('name') name: string,
    @Body() { username }: OfUserDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<UserServerAnswerDto> {
    const user = actingUser(caller, username);
    await this.views.refresh(user, name);
    return { success: true, server: await this.views.get(user, name) };
  }

  private async invited(user: Principal, name: string): Promise<InstallAnswerDto> {
    const authorizationUrl = await this.views.invite(user, name);
    return { success: true, server: await this.views.get(user, name), authorizationUrl };
  }
}

const notInstalled = (server: string): Problem =>
  new Problem(404, 'server_not_installed', `The user has nothing at server ${server}`);
