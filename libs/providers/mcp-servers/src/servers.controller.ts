import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, CurrentPrincipal, hasRole, Roles, type Principal } from '@manifold/auth';
import { ApiProblems } from '@manifold/rest';
import { VisibleServers } from './access/visible-servers.service.js';
import type { ServerRecord } from './server-record.js';
import { ServerRegistry } from './server-registry.service.js';
import { ServerReports } from './server-reports.service.js';
import { ServerSupervisor } from './server-supervisor.js';
import { ServerTools } from './server-tools.js';
import { serverView } from './server-view.js';
import {
  DoneAnswerDto,
  RegisterServerDto,
  ServerAnswerDto,
  ServersAnswerDto,
  UpdateServerDto,
  type ServerDto,
} from './servers.dto.js';
import { waitAtMost } from './time-limit.js';

/** How long an answer waits to tell whether the server could be started. */
const FIRST_START_MS = 10_000;

/** The servers of the caller's tenant. Those of other tenants do not exist here. */
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
  @ApiOperation({ summary: 'One registered MCP server with its status and tools' })
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
    description: 'A server that cannot be started is registered all the same: its status is "error", with the reason.',
  })
  @ApiOkResponse({ type: ServerAnswerDto })
  @ApiProblems(400, 409, 413, 415)
  async register(@Body() body: RegisterServerDto, @CurrentPrincipal() caller: Principal): Promise<ServerAnswerDto> {
    const { name, ...settings } = body;
    return this.started(await this.registry.register(caller.tenant, name, settings), caller);
  }

  @Put(':name')
  @Roles('operator')
  @ApiOperation({ summary: 'Stop a server, change its settings and start it again' })
  @ApiOkResponse({ type: ServerAnswerDto })
  @ApiProblems(400, 404, 409, 413, 415)
  async update(
    @Param('name') name: string,
    @Body() body: UpdateServerDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<ServerAnswerDto> {
    return this.started(await this.registry.update(caller.tenant, name, body), caller);
  }

  @Put(':name/enable')
  @Roles('operator')
  @ApiOperation({ summary: 'Enable a server and start it, if it does not run' })
  @ApiOkResponse({ type: ServerAnswerDto })
  @ApiProblems(404, 409)
  async enable(@Param('name') name: string, @CurrentPrincipal() caller: Principal): Promise<ServerAnswerDto> {
    return this.started(await this.registry.enable(caller.tenant, name), caller);
  }

  @Put(':name/disable')
  @Roles('operator')
  @ApiOperation({ summary: 'Stop a server and keep it registered' })
  @ApiOkResponse({ type: ServerAnswerDto })
  @ApiProblems(404, 409)
  async disable(@Param('name') name: string, @CurrentPrincipal() caller: Principal): Promise<ServerAnswerDto> {
    return this.started(await this.registry.disable(caller.tenant, name), caller);
  }

  @Delete(':name')
  @Roles('operator')
  @ApiOperation({ summary: "Stop a server and remove it, with all users' secrets for it" })
  @ApiOkResponse({ type: DoneAnswerDto })
  @ApiProblems(404)
  async delete(@Param('name') name: string, @CurrentPrincipal() caller: Principal): Promise<DoneAnswerDto> {
    await this.registry.delete(caller.tenant, name);
    return { success: true };
  }

  /** The answer shows what came of the start, if that is known soon; else the status as it is. */
  private async started({ tenant, name }: ServerRecord, caller: Principal): Promise<ServerAnswerDto> {
    const server = this.supervisor.server(tenant, name);
    if (server?.record.enabled) await waitAtMost(FIRST_START_MS, server.settled);
    return { success: true, server: this.view(this.registry.get(tenant, name), caller) };
  }

  private view({ tenant, name }: ServerRecord, caller: Principal): ServerDto {
    if (hasRole(caller, 'operator')) return this.registry.view(tenant, name);
    const view = serverView(this.supervisor.server(tenant, name)!, this.tools.of(tenant, name));
    const sight = this.visible.sightOf(caller);
    return { ...view, toolsList: view.toolsList.filter((tool) => sight.showsTool(name, tool.name as string)) };
  }
}
