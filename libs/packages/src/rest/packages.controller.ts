import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiExample, ApiProblems, warningsFor } from '@manifold/rest';
import { understoodInstall } from './install-request.js';
import { JobAnswerDto } from '../jobs/jobs.dto.js';
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
import { PackageQueries } from './package-queries.service.js';
import { PackagesService } from './packages.service.js';
import { UpgradeAll } from './upgrade-all.service.js';

const ASYNC = {
  name: 'Prefer',
  required: false,
  description: '`respond-async`: the gateway answers 202 with a job at once',
};
const ACCEPTED = {
  type: JobAnswerDto,
  description: 'With `Prefer: respond-async`: the job, which the client can poll or follow',
};

/** MCP servers of the caller's tenant that are installed as packages. */
@ApiTags('packages')
@ApiAuthenticated()
@ApiProblems(403, 503)
@Roles('operator')
@Controller('packages')
export class PackagesController {
  constructor(
    private readonly packages: PackagesService,
    private readonly queries: PackageQueries,
    private readonly allUpgrades: UpgradeAll,
    private readonly longWork: LongWork,
  ) {}

  @Post('install')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Install a package and register a server that runs it',
    description: 'A package that is not an MCP server is installed anyway. The status of its server is "error".',
  })
  @ApiExample(
    InstallPackageDto,
    { name: '@modelcontextprotocol/server-memory', serverName: 'memory' },
    { needs: 'npm' },
  )
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
    const { request: wanted, warnings } = understoodInstall(body);
    this.packages.checkInstall(tenant, wanted);
    const about = { tenant, kind: 'install', serverName: wanted.serverName } as const;
    return this.longWork.answer(about, request, reply, async (progress) => ({
      ...(await this.packages.install(tenant, wanted, progress)),
      ...warningsFor(body, warnings),
    }));
  }

  @Get()
  @ApiOperation({ summary: 'List the installed packages' })
  @ApiOkResponse({ type: PackagesAnswerDto })
  @ApiProblems(400)
  async list(@Query() query: PackagesQueryDto, @CurrentPrincipal() { tenant }: Principal): Promise<PackagesAnswerDto> {
    const packages = await this.queries.list(tenant, query.checkUpdates === 'true');
    return { success: true, packages, ...warningsFor(query) };
  }

  @Get('updates')
  @ApiOperation({ summary: 'Check the registries for newer versions of installed packages' })
  @ApiHeader(ASYNC)
  @ApiOkResponse({ type: UpdatesAnswerDto })
  @ApiAcceptedResponse(ACCEPTED)
  @ApiProblems(400, 404)
  updates(
    @Query() query: UpdatesQueryDto,
    @CurrentPrincipal() { tenant }: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UpdatesAnswerDto | JobAnswerDto> {
    const { name } = query;
    const about = { tenant, kind: 'check-updates', serverName: name } as const;
    return this.longWork.answer(about, request, reply, async (progress) => ({
      ...(await this.queries.updates(tenant, name, progress)),
      ...warningsFor(query),
    }));
  }

  @Get('by-name/:name')
  @ApiOperation({
    summary: 'Get an installed package by its name',
    description: 'If several servers run the package, the answer is the package of the first one.',
  })
  @ApiOkResponse({ type: PackageAnswerDto })
  @ApiProblems(400, 404)
  async byName(
    @Param('name') name: string,
    @Query() query: PackagesQueryDto,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<PackageAnswerDto> {
    const installed = await this.queries.byName(tenant, name, query.checkUpdates === 'true');
    return { success: true, package: installed, ...warningsFor(query) };
  }

  @Get('by-id/:name')
  @ApiOperation({ summary: 'Get the package that a server runs' })
  @ApiOkResponse({ type: PackageAnswerDto })
  @ApiProblems(400, 404)
  async byId(
    @Param('name') name: string,
    @Query() query: PackagesQueryDto,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<PackageAnswerDto> {
    const installed = await this.queries.byServer(tenant, name, query.checkUpdates === 'true');
    return { success: true, package: installed, ...warningsFor(query) };
  }

  @Put('upgrade-all')
  @ApiOperation({
    summary: 'Upgrade all packages to their newest versions',
    description: 'If one upgrade fails, the others continue. The answer contains a result for each server.',
  })
  @ApiHeader(ASYNC)
  @ApiOkResponse({ type: UpgradeResultsAnswerDto })
  @ApiAcceptedResponse(ACCEPTED)
  upgradeAll(
    @CurrentPrincipal() { tenant }: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UpgradeResultsAnswerDto | JobAnswerDto> {
    const about = { tenant, kind: 'upgrade-all' } as const;
    return this.longWork.answer(about, request, reply, (progress) => this.allUpgrades.run(tenant, progress));
  }

  @Put(':name/upgrade')
  @ApiOperation({
    summary: 'Change the package version of a running server',
    description:
      'Running calls finish on the old version. If the new version does not start, the old version stays in use.',
  })
  @ApiExample(
    UpgradePackageDto,
    { version: 'latest' },
    { needs: 'the package of the example of POST /packages/install' },
  )
  @ApiHeader(ASYNC)
  @ApiOkResponse({ type: PackageAndServerAnswerDto })
  @ApiAcceptedResponse(ACCEPTED)
  @ApiProblems(400, 404, 409, 413, 415, 422, 502, 504)
  async upgrade(
    @Param('name') name: string,
    @Body() body: UpgradePackageDto = {},
    @CurrentPrincipal() { tenant }: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PackageAndServerAnswerDto | JobAnswerDto> {
    const serverName = await this.queries.serverOf(tenant, name);
    const about = { tenant, kind: 'upgrade', serverName } as const;
    return this.longWork.answer(about, request, reply, async (progress) => ({
      ...(await this.packages.upgrade(tenant, serverName, body.version, progress)),
      ...warningsFor(body),
    }));
  }

  @Put(':name/enable')
  @ApiOperation({ summary: 'Enable the server of a package and start it' })
  @ApiOkResponse({ type: PackageAndServerAnswerDto })
  @ApiProblems(404)
  enable(@Param('name') name: string, @CurrentPrincipal() { tenant }: Principal): Promise<PackageAndServerAnswerDto> {
    return this.packages.setEnabled(tenant, name, true);
  }

  @Put(':name/disable')
  @ApiOperation({ summary: 'Disable and stop the server of a package, but keep both' })
  @ApiOkResponse({ type: PackageAndServerAnswerDto })
  @ApiProblems(404)
  disable(@Param('name') name: string, @CurrentPrincipal() { tenant }: Principal): Promise<PackageAndServerAnswerDto> {
    return this.packages.setEnabled(tenant, name, false);
  }

  @Delete(':name')
  @ApiOperation({ summary: 'Uninstall a package and delete the server that runs it' })
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
