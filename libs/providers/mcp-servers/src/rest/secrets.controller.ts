import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { actingUser, ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiExample, ApiProblems, ProblemError, warningsFor } from '@manifold/rest';
import { secretsDestination } from '@manifold/mcp-hosting';
import { SecretsService } from '@manifold/secrets';
import { receivedName, warningAbout } from '../registry/secret-names.js';
import { VisibleServers } from '../registry/visible-servers.service.js';
import { ConfirmedSecretsDto, ConfirmSecretsDto, DeleteSecretDto, SetSecretDto } from './secrets.dto.js';
import { ToolCredentialsService } from '../consent/tool-credentials.service.js';
import { DoneAnswerDto } from '../registry/servers.dto.js';

/** Secrets of users for registered servers. No route returns the value of a secret. */
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
    description:
      'The setting `secretsAs` of the server says how it gets the secret: in the arguments of tool calls (the default), in headers, ' +
      'or in its environment. If the server will not get a secret of this name, `warnings` says so.',
  })
  @ApiExample(
    SetSecretDto,
    { username: 'alice', serverName: 'everything', secretName: 'API_TOKEN', secretValue: 'token-of-alice' },
    { needs: 'the sample server' },
  )
  @ApiOkResponse({ type: DoneAnswerDto })
  async set(@Body() body: SetSecretDto, @CurrentPrincipal() caller: Principal): Promise<DoneAnswerDto> {
    const { username, serverName: app, secretName, secretValue } = body;
    const principal = actingUser(caller, username);
    const warning = await this.servers.whileRegistered(principal, app, async () => {
      const record = this.servers.get(principal, app);
      const name = receivedName(record, secretName);
      await this.secrets.set({ principal, app }, name, secretValue, secretsDestination(record));
      return warningAbout(record, name);
    });
    return { success: true, ...warningsFor(body, warning === undefined ? [] : [warning]) };
  }

  @Post('delete')
  @HttpCode(200)
  @ApiOperation({ summary: 'Delete a secret of a user for a server' })
  @ApiExample(
    DeleteSecretDto,
    { username: 'alice', serverName: 'everything', secretName: 'API_TOKEN' },
    { needs: 'the secret of the example of POST /secrets/set' },
  )
  @ApiOkResponse({ type: DoneAnswerDto })
  async delete(@Body() body: DeleteSecretDto, @CurrentPrincipal() caller: Principal): Promise<DoneAnswerDto> {
    const { username, serverName: app, secretName } = body;
    const principal = actingUser(caller, username);
    const existed = await this.servers.whileRegistered(principal, app, async () => {
      const name = receivedName(this.servers.get(principal, app), secretName);
      if (await this.secrets.delete({ principal, app }, name)) return true;
      // Earlier versions stored the name as it was given.
      return name !== secretName && this.secrets.delete({ principal, app }, secretName);
    });
    if (!existed) throw new ProblemError(404, 'secret_not_found', `Secret ${secretName} not found`);
    return { success: true, ...warningsFor(body) };
  }

  @Post('confirm')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Confirm that a server may get the secrets of a user at its new destination',
    description:
      'Secrets belong to the destination for which the user gave them. When an operator changes the origin of the server or its program, ' +
      'they are asleep, and calls that need them fail, until the user confirms the new destination here, or sets the secrets again.',
  })
  @ApiExample(
    ConfirmSecretsDto,
    { username: 'alice', serverName: 'everything', destination: 'program:H3OJtpfGU4ZPhgJJT6MtzK' },
    { needs: 'the sample server' },
  )
  @ApiOkResponse({ type: ConfirmedSecretsDto })
  @ApiProblems(409)
  async confirm(@Body() body: ConfirmSecretsDto, @CurrentPrincipal() caller: Principal): Promise<ConfirmedSecretsDto> {
    const { username, serverName: app, destination } = body;
    const principal = actingUser(caller, username);
    const confirmed = await this.servers.whileRegistered(principal, app, async () => {
      const current = this.destinationOf(principal, app);
      if (destination !== current) {
        throw new ProblemError(409, 'other_destination', `The destination of server ${app} is ${current}`);
      }
      const names = await this.secrets.asleep({ principal, app }, current);
      await this.secrets.confirm({ principal, app }, current, names);
      return ToolCredentialsService.ownNames(names);
    });
    return { success: true, confirmed };
  }

  private destinationOf(principal: Principal, app: string): string {
    return secretsDestination(this.servers.get(principal, app));
  }
}
