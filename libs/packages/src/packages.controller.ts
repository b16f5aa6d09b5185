import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiProblems } from '@manifold/rest';
import { installRequest } from './install-request.js';
import { JobAnswerDto } from './jobs/jobs.dto.js';
import { LongWork } from './long-work.js';
import {
  InstallPackageDto,
  PackageAndServerAnswerDto,
  PackageAnswerDto,
  PackageDoneAnswerDto,
  PackagesAnswerDto,
  UpdatesAnswerDto,
  UpgradePackageDto,
  UpgradeResultsAnswerDto,
} from './packages.dto.js';
import { PackagesQueryDto, UpdatesQueryDto } from './packages.query.dto.js';
import { PackagesService } from './packages.service.js';

const ASYNC = { name: 'Prefer', required: false, description: '`respond-async`: answer 202 with a job at once' };
const ACCEPTED = { type: JobAnswerDto, description: 'With `Prefer: respond-async`: the job, to poll or to follow' };

/** MCP servers that are installed as packages, of the caller's tenant. */
@ApiTags('packages')
@ApiAuthenticated()
@ApiProblems(403, 503)
@Roles('operator')
@Controller('packages')
export class PackagesController {
  constructor(
    private readonly packages: PackagesService,
    private readonly longWork: LongWork,
  ) {}

  @Post('install')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Install a package and register a server that runs it',
    description: 'A package that is no MCP server is installed all the same: the status of its server is "error".',
  })
  @ApiHeader(ASYNC)
  @ApiOkResponse({ type: PackageAndServerAnswerDto })
  @ApiAcceptedResponse(ACCEPTED)
  @ApiProblems(400, 409, 413, 415, 422, 502, 504)
  install(
    @Body() body: InstallPackageDto,
    @CurrentPrincipal() { tenant }: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PackageAndServerAnswerDto | JobAnswerDto> {
    const wanted = installRequest(body);
    this.packages.checkInstall(tenant, wanted);
    const about = { tenant, kind: 'install', serverName: wanted.serverName } as const;
    return this.longWork.answer(about, request, reply, (progress) => this.packages.install(tenant, wanted, progress));
  }

  @Get()
  @ApiOperation({ summary: 'List the installed packages' })
  @ApiOkResponse({ type: PackagesAnswerDto })
  @ApiProblems(400)
  async list(@Query() query: PackagesQueryDto, @CurrentPrincipal() { tenant }: Principal): Promise<PackagesAnswerDto> {
    return { success: true, packages: await this.packages.list(tenant, query.checkUpdates === 'true') };
  }

  @Get('updates')
  @ApiOperation({ summary: 'Ask the registries for newer versions' })
  @ApiHeader(ASYNC)
  @ApiOkResponse({ type: UpdatesAnswerDto })
  @ApiAcceptedResponse(ACCEPTED)
  @ApiProblems(400, 404)
  updates(
    @Query() { name }: UpdatesQueryDto,
    @CurrentPrincipal() { tenant }: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UpdatesAnswerDto | JobAnswerDto> {
    const about = { tenant, kind: 'check-updates', serverName: name } as const;
    return this.longWork.answer(about, request, reply, (progress) => this.packages.updates(tenant, name, progress));
  }

  @Get('by-name/:name')
  @ApiOperation({ summary: 'The package with this name; of the first server, where several run it' })
  @ApiOkResponse({ type: PackageAnswerDto })
  @ApiProblems(400, 404)
  async byName(
    @Param('name') name: string,
    @Query() query: PackagesQueryDto,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<PackageAnswerDto> {
    return { success: true, package: await this.packages.byName(tenant, name, query.checkUpdates === 'true') };
  }

  @Get('by-id/:name')
  @ApiOperation({ summary: 'The package that a server runs' })
  @ApiOkResponse({ type: PackageAnswerDto })
  @ApiProblems(400, 404)
  async byId(
    @Param('name') name: string,
    @Query() query: PackagesQueryDto,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<PackageAnswerDto> {
    return { success: true, package: await this.packages.byServer(tenant, name, query.checkUpdates === 'true') };
  }

  @Put('upgrade-all')
  @ApiOperation({ summary: 'Upgrade every package to its newest version' })
  @ApiHeader(ASYNC)
  @ApiOkResponse({ type: UpgradeResultsAnswerDto })
  @ApiAcceptedResponse(ACCEPTED)
  upgradeAll(
    @CurrentPrincipal() { tenant }: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UpgradeResultsAnswerDto | JobAnswerDto> {
    const about = { tenant, kind: 'upgrade-all' } as const;
    return this.longWork.answer(about, request, reply, (progress) => this.packages.upgradeAll(tenant, progress));
  }

  @Put(':name/upgrade')
  @ApiOperation({
    summary: 'Bring another version of its package to a server that runs',
    description: 'Calls in flight finish on the old version. When the new one does not come up, the old one goes on.',
  })
  @ApiHeader(ASYNC)
  @ApiOkResponse({ type: PackageAndServerAnswerDto })
  @ApiAcceptedResponse(ACCEPTED)
  @ApiProblems(400, 404, 409, 413, 415, 422, 502, 504)
  async upgrade(
    @Param('name') name: string,
    @Body() { version }: UpgradePackageDto = {},
    @CurrentPrincipal() { tenant }: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PackageAndServerAnswerDto | JobAnswerDto> {
    const serverName = await this.packages.serverOf(tenant, name);
    const about = { tenant, kind: 'upgrade', serverName } as const;
    return this.longWork.answer(about, request, reply, (progress) =>
      this.packages.upgrade(tenant, serverName, version, progress),
    );
  }

  @Put(':name/enable')
  @ApiOperation({ summary: 'Enable the server of a package and start it' })
  @ApiOkResponse({ type: PackageAndServerAnswerDto })
  @ApiProblems(404)
  enable(@Param('name') name: string, @CurrentPrincipal() { tenant }: Principal): Promise<PackageAndServerAnswerDto> {
    return this.packages.setEnabled(tenant, name, true);
  }

  @Put(':name/disable')
  @ApiOperation({ summary: 'Stop the server of a package and keep both' })
  @ApiOkResponse({ type: PackageAndServerAnswerDto })
  @ApiProblems(404)
  disable(@Param('name') name: string, @CurrentPrincipal() { tenant }: Principal): Promise<PackageAndServerAnswerDto> {
    return this.packages.setEnabled(tenant, name, false);
  }

  @Delete(':name')
  @ApiOperation({ summary: 'Remove a package, and the server that runs it' })
  @ApiOkResponse({ type: PackageDoneAnswerDto })
  @ApiProblems(404, 409)
  async uninstall(
    @Param('name') name: string,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<PackageDoneAnswerDto> {
    await this.packages.uninstall(tenant, name);
    return { success: true };
  }
}
