import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, CurrentPrincipal, hasRole, Roles, type Principal } from '@manifold/auth';
import { ApiExample, ApiProblems, ProblemError, warningsFor } from '@manifold/rest';
import { understoodSettings, warningsAbout } from '@manifold/server-model';
import { VisibleServers } from '../registry/visible-servers.service.js';
import { type ServerRecord, ServerSupervisor, ServerTools } from '@manifold/mcp-hosting';
import { ServerRegistry } from '../registry/server-registry.service.js';
import { ServerReports } from '../registry/server-reports.service.js';
import { startWarning } from '@manifold/server-model';
import { serverView } from '../registry/server-view.js';
import {
  DoneAnswerDto,
  RegisterServerDto,
  ServerAnswerDto,
  ServersAnswerDto,
  UpdateServerDto,
  type ServerDto,
} from '../registry/servers.dto.js';
import { waitAtMost } from '@manifold/async';

/** Time that an answer waits for the start of a server, so that it can report the result. */
const FIRST_START_MS = 10_000;

/** The servers of the caller's tenant. For servers of other tenants the answer is 404. */
@ApiTags('servers')
@ApiAuthenticated()
@ApiProblems(403, 503)
@Controller('mcp/servers')
export class ServersController {
  constructor(
    private readonly registry: ServerRegistry,
    private readonly visible: VisibleServers,
    private readonly supervisor: ServerSupervisor,
    private readonly tools: ServerTools,
    private readonly reports: ServerReports,
  ) {}

  @Get()
  @Roles('user')
  @ApiOperation({ summary: 'List the registered MCP servers with their status and tools' })
  @ApiOkResponse({ type: ServersAnswerDto })
  list(@CurrentPrincipal() caller: Principal): ServersAnswerDto {
    const records = hasRole(caller, 'operator') ? this.registry.list(caller.tenant) : this.visible.list(caller);
    return { success: true, servers: records.map((record) => this.view(record, caller)) };
  }

  @Get(':name')
  @Roles('user')
  @ApiOperation({ summary: 'Get a registered MCP server with its status and tools' })
  @ApiOkResponse({ type: ServerAnswerDto })
  @ApiProblems(404)
  async get(@Param('name') name: string, @CurrentPrincipal() caller: Principal): Promise<ServerAnswerDto> {
    if (!hasRole(caller, 'operator')) {
      return { success: true, server: this.view(this.visible.get(caller, name), caller) };
    }
    const view = this.view(this.registry.get(caller.tenant, name), caller);
    return { success: true, server: await this.reports.complete(caller.tenant, view) };
  }

  @Post()
  @HttpCode(200)
  @Roles('operator')
  @ApiOperation({
    summary: 'Register an MCP server and start it',
    description:
      'A server that cannot be started is registered anyway. Its status is "error", and `lastError` contains the reason. The settings can ' +
      "have the words of an MCP client's configuration file: `type`, `serverUrl`, `disabled`. POST /servers/import takes such files as they are. `${NAME}`, `${env:NAME}` and `${input:id}` in `env` and `headers` become secrets that each " +
      'user sets with POST /secrets/set. The environment of the gateway is never read.',
  })
  @ApiExample(RegisterServerDto, {
    name: 'calendar',
    transportType: 'streamable_http',
    url: 'https://mcp.example.com/mcp',
  })
  @ApiOkResponse({ type: ServerAnswerDto })
  @ApiProblems(400, 409, 413, 415)
  async register(@Body() body: RegisterServerDto, @CurrentPrincipal() caller: Principal): Promise<ServerAnswerDto> {
    const { name, ...given } = body;
    const understood = understoodSettings(given, name);
    const answer = await this.started(await this.registry.register(caller.tenant, name, understood.settings), caller);
    return { ...answer, ...warningsFor(body, warningsAbout(understood)) };
  }

  @Put(':name')
  @Roles('operator')
  @ApiOperation({
    summary: 'Change the settings of a server and restart it',
    description: 'Settings that are not given keep their values. If only `access` changes, the server keeps running.',
  })
  @ApiExample(
    UpdateServerDto,
    { description: 'Calendars of the company', access: { groups: ['sales'], users: [{ subject: 'alice' }] } },
    { needs: 'the server of the example of POST /mcp/servers' },
  )
  @ApiOkResponse({ type: ServerAnswerDto })
  @ApiProblems(400, 404, 409, 413, 415)
  async update(
    @Param('name') name: string,
    @Body() body: UpdateServerDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<ServerAnswerDto> {
    const { name: ownName = name, ...given } = body;
    const { transport } = this.namedRecord(caller.tenant, name);
    const understood = understoodSettings(given, name, transport.transportType);
    const answer = await this.started(await this.registry.update(caller.tenant, name, understood.settings), caller);
    const renaming = ownName === name ? [] : [`name was ignored: server ${name} cannot be renamed`];
    return { ...answer, ...warningsFor(body, [...renaming, ...warningsAbout(understood)]) };
  }

  @Put(':name/enable')
  @Roles('operator')
  @ApiOperation({ summary: 'Enable a server and start it if it is not running' })
  @ApiOkResponse({ type: ServerAnswerDto })
  @ApiProblems(404, 409)
  async enable(@Param('name') name: string, @CurrentPrincipal() caller: Principal): Promise<ServerAnswerDto> {
    return this.started(await this.registry.enable(caller.tenant, name), caller);
  }

  @Put(':name/disable')
  @Roles('operator')
  @ApiOperation({ summary: 'Disable and stop a server, but keep it registered' })
  @ApiOkResponse({ type: ServerAnswerDto })
  @ApiProblems(404, 409)
  async disable(@Param('name') name: string, @CurrentPrincipal() caller: Principal): Promise<ServerAnswerDto> {
    return this.started(await this.registry.disable(caller.tenant, name), caller);
  }

  @Post(':name/refresh')
  @HttpCode(200)
  @Roles('operator')
  @ApiOperation({
    summary: 'List the tools, resources and prompts of a server again. A server that does not run is started',
  })
  @ApiOkResponse({ type: ServerAnswerDto })
  @ApiProblems(404, 409)
  async refresh(@Param('name') name: string, @CurrentPrincipal() caller: Principal): Promise<ServerAnswerDto> {
    const record = this.registry.get(caller.tenant, name);
    if (!record.enabled) throw new ProblemError(409, 'conflict', `Server ${name} is disabled: enable it first`);
    await this.reports.refresh(caller.tenant, name);
    return this.started(record, caller);
  }

  @Delete(':name')
  @Roles('operator')
  @ApiOperation({
    summary: "Stop and delete a server, its package, and all users' secrets and OAuth connections for it",
  })
  @ApiOkResponse({ type: DoneAnswerDto })
  @ApiProblems(404)
  async delete(@Param('name') name: string, @CurrentPrincipal() caller: Principal): Promise<DoneAnswerDto> {
    this.namedRecord(caller.tenant, name);
    await this.registry.delete(caller.tenant, name);
    return { success: true };
  }

  /** Waits up to FIRST_START_MS for the start, then answers with the current status of the server. */
  private async started({ tenant, name }: ServerRecord, caller: Principal): Promise<ServerAnswerDto> {
    const server = this.supervisor.server(tenant, name);
    if (server?.record.enabled) await waitAtMost(FIRST_START_MS, server.settled);
    const view = this.view(this.registry.get(tenant, name), caller);
    return { success: true, ...startWarning(view), server: view };
  }

  /** Returns a record that is changed or deleted. @throws ProblemError 404 in the words that clients of these routes compare */
  private namedRecord(tenant: string, name: string): ServerRecord {
    const record = this.registry.find(tenant, name);
    if (!record) throw new ProblemError(404, 'server_not_found', `Server with name ${name} not found`);
    return record;
  }

  private view({ tenant, name }: ServerRecord, caller: Principal): ServerDto {
    if (hasRole(caller, 'operator')) return this.registry.view(tenant, name);
    const view = serverView(this.supervisor.server(tenant, name)!, this.tools.of(tenant, name));
    const access = this.visible.accessOf(caller);
    return { ...view, toolsList: view.toolsList.filter((tool) => access.allowsTool(name, tool.name as string)) };
  }
}
