import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { actingUser, ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiProblems, Problem } from '@manifold/rest';
import { SecretsService } from '@manifold/secrets';
import { VisibleServers } from './access/visible-servers.service.js';
import { DeleteSecretDto, SetSecretDto } from './secrets.dto.js';
import { DoneAnswerDto } from './servers.dto.js';

/** What users keep in confidence for registered servers. No route reads a secret. */
@ApiTags('secrets')
@ApiAuthenticated()
@ApiProblems(400, 403, 404, 413, 415, 503)
@Controller('secrets')
@Roles('user')
export class SecretsController {
  constructor(
    private readonly servers: VisibleServers,
    private readonly secrets: SecretsService,
  ) {}

  @Post('set')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Store a secret of a user for a server',
    description: 'It is added to the arguments of each call that the user makes to a tool of this server.',
  })
  @ApiOkResponse({ type: DoneAnswerDto })
  async set(@Body() body: SetSecretDto, @CurrentPrincipal() caller: Principal): Promise<DoneAnswerDto> {
    const { username, serverName: app, secretName, secretValue } = body;
    const principal = actingUser(caller, username);
    await this.servers.whileRegistered(principal, app, () =>
      this.secrets.set({ principal, app }, secretName, secretValue),
    );
    return { success: true };
  }

  @Post('delete')
  @HttpCode(200)
  @ApiOperation({ summary: 'Remove a secret of a user for a server' })
  @ApiOkResponse({ type: DoneAnswerDto })
  async delete(@Body() body: DeleteSecretDto, @CurrentPrincipal() caller: Principal): Promise<DoneAnswerDto> {
    const { username, serverName: app, secretName } = body;
    const principal = actingUser(caller, username);
    const existed = await this.servers.whileRegistered(principal, app, () =>
      this.secrets.delete({ principal, app }, secretName),
    );
    if (!existed) throw new Problem(404, 'secret_not_found', `Secret ${secretName} not found`);
    return { success: true };
  }
}
