import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import {
  Connections,
  GatewayClient,
  ManualClients,
  takesTokens,
  type PreRegisteredClient,
  type VendorSettings,
} from '@manifold/oauth';
import { ApiExample, ApiProblems, invalidRequest, ProblemError } from '@manifold/rest';
import { ServerRegistry } from '../registry/server-registry.service.js';
import { DoneAnswerDto } from '../registry/servers.dto.js';
import {
  isNoResource,
  OAuthClientAnswerDto,
  OAuthClientDto,
  OAuthSettingsAnswerDto,
  OAuthSettingsDto,
} from './oauth-client.dto.js';

/**
 * The OAuth client of the gateway at a server's authorization server: the one that an operator has registered, which is needed if the
 * authorization server does not register clients by itself, and the one that the gateway has registered.
 */
@ApiTags('oauth')
@ApiAuthenticated()
@ApiProblems(403, 404, 503)
@Controller('mcp/servers/:name/oauth')
@Roles('operator')
export class OAuthClientController {
  constructor(
    private readonly registry: ServerRegistry,
    private readonly clients: ManualClients,
    private readonly gateway: GatewayClient,
    private readonly connections: Connections,
  ) {}

  @Get('client')
  @ApiOperation({ summary: 'Get the manually registered OAuth client of a server' })
  @ApiOkResponse({ type: OAuthClientAnswerDto })
  async get(@Param('name') server: string, @CurrentPrincipal() { tenant }: Principal): Promise<OAuthClientAnswerDto> {
    this.registry.get(tenant, server);
    const client = await this.clients.of(tenant, server);
    if (!client) throw unknownClient(server);
    return this.answer(client);
  }

  @Put('client')
  @ApiOperation({
    summary: 'Set the manually registered OAuth client of a server',
    description:
      'Applies to connections that begin from now on. Existing connections keep the client that they were made with. ' +
      'Members of the settings (PUT /mcp/servers/{name}/oauth/settings) change only these settings.',
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
    @Body() { issuer, clientId, clientSecret, ...corrections }: OAuthClientDto,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<OAuthClientAnswerDto> {
    const client = { issuer, clientId, clientSecret };
    const settings = settingsOf(corrections);
    await this.registry.whileRegistered(tenant, server, () => this.clients.put(tenant, server, client, settings));
    return this.answer(client);
  }

  @Delete('client')
  @ApiOperation({ summary: 'Delete the manually registered OAuth client of a server' })
  @ApiOkResponse({ type: DoneAnswerDto })
  async remove(@Param('name') server: string, @CurrentPrincipal() { tenant }: Principal): Promise<DoneAnswerDto> {
    this.registry.get(tenant, server);
    if (!(await this.clients.remove(tenant, server))) throw unknownClient(server);
    return { success: true };
  }

  @Get('settings')
  @ApiOperation({ summary: 'Get the OAuth settings of a server' })
  @ApiOkResponse({ type: OAuthSettingsAnswerDto })
  async settings(
    @Param('name') server: string,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<OAuthSettingsAnswerDto> {
    this.registry.get(tenant, server);
    const settings = await this.clients.settings(tenant, server);
    if (!settings) throw noSettings(server);
    return settingsAnswer(settings);
  }

  @Put('settings')
  @ApiOperation({
    summary: 'Set the OAuth settings of a server',
    description:
      'Corrects what the server and its authorization server say about OAuth. Applies to connections that begin from now on. ' +
      'Refused with 409 if it changes where the secret of a stored client is sent: give the client anew then, with these members.',
  })
  @ApiExample(
    OAuthSettingsDto,
    { pkce: 'assumed', resource: 'none', scopes: ['calendar'] },
    { needs: 'the server of the example of POST /mcp/servers' },
  )
  @ApiOkResponse({ type: OAuthSettingsAnswerDto })
  @ApiProblems(400, 409, 413, 415)
  async setSettings(
    @Param('name') server: string,
    @Body() body: OAuthSettingsDto,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<OAuthSettingsAnswerDto> {
    const settings = settingsOf(body);
    await this.registry.whileRegistered(tenant, server, () => this.clients.putSettings(tenant, server, settings));
    return settingsAnswer(settings);
  }

  @Delete('settings')
  @ApiOperation({ summary: 'Delete the OAuth settings of a server' })
  @ApiOkResponse({ type: DoneAnswerDto })
  async removeSettings(
    @Param('name') server: string,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<DoneAnswerDto> {
    this.registry.get(tenant, server);
    if (!(await this.clients.removeSettings(tenant, server))) throw noSettings(server);
    return { success: true };
  }

  @Delete('registration')
  @ApiOperation({
    summary: 'Forget the OAuth client that the gateway has registered for a server',
    description:
      'The next user who connects makes the gateway register anew. Existing connections keep the client that they were made with.',
  })
  @ApiOkResponse({ type: DoneAnswerDto })
  async forget(@Param('name') server: string, @CurrentPrincipal() { tenant }: Principal): Promise<DoneAnswerDto> {
    this.registry.get(tenant, server);
    if (await this.connections.forgetRegistration(tenant, server)) return { success: true };
    const detail = `The gateway has registered no OAuth client for server ${server}`;
    throw new ProblemError(404, 'registration_not_found', detail);
  }

  private answer({ issuer, clientId, clientSecret }: PreRegisteredClient): OAuthClientAnswerDto {
    const client = { issuer, clientId, hasSecret: clientSecret !== undefined };
    return { success: true, client, redirectUri: this.gateway.redirectUri };
  }
}

const unknownClient = (server: string): ProblemError =>
  new ProblemError(404, 'client_not_found', `Server ${server} has no manually registered OAuth client`);

const noSettings = (server: string): ProblemError =>
  new ProblemError(404, 'settings_not_found', `Server ${server} has no OAuth settings`);

const URLS = ['issuer', 'issuerAlias', 'authorizationEndpoint', 'tokenEndpoint', 'registrationEndpoint'] as const;

/** Keeps the members that are given. Tokens and secrets go to these URLs, so they must be secure. */
function settingsOf(body: OAuthSettingsDto): VendorSettings {
  for (const field of URLS) {
    const value = body[field];
    if (value === undefined || takesTokens(value)) continue;
    throw invalidRequest([{ pointer: `/${field}`, code: 'not_secure', detail: `${field} must be an https URL` }]);
  }
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  return 'resource' in given && isNoResource(given.resource) ? { ...given, resource: null } : given;
}

function settingsAnswer({ resource, scopes, ...settings }: VendorSettings): OAuthSettingsAnswerDto {
  const shown = { resource: resource === null ? 'none' : resource, scopes: scopes && [...scopes] };
  return { success: true, settings: { ...settings, ...shown } as OAuthSettingsDto };
}
