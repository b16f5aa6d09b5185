import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiProblems } from '@manifold/rest';
import type { Stored } from '@manifold/store';
import { TenantRegistry, type TenantRecord } from '@manifold/tenants';
import { refuseDefault, TenantRemoval } from './tenant-removal.service.js';
import { managesAll, mustBelongTo, mustManage, mustManageAll } from './tenant-rights.js';
import {
  CreateTenantDto,
  RemovalOptionsDto,
  RemovedTenantDto,
  TenantAnswerDto,
  TenantsAnswerDto,
  UpdateTenantDto,
} from './tenants.dto.js';

/** Admins of the tenant "default" manage all tenants; others read the settings of their own. */
@ApiTags('tenants')
@ApiAuthenticated()
@ApiProblems(403, 503)
@Controller('tenants')
@Roles('admin')
export class TenantsController {
  constructor(
    private readonly registry: TenantRegistry,
    private readonly removal: TenantRemoval,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The tenants that were set up; to admins of another tenant than "default" their own alone' })
  @ApiOkResponse({ type: TenantsAnswerDto })
  async list(@CurrentPrincipal() caller: Principal): Promise<TenantsAnswerDto> {
    const all = await this.registry.list();
    const shown = managesAll(caller) ? all : all.filter(({ id }) => id === caller.tenant);
    return { success: true, tenants: shown.map(view) };
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Set up a tenant',
    description: 'Its first admin is a key that is made for it, or comes from an issuer that AUTH_ISSUERS gives to it.',
  })
  @ApiOkResponse({ type: TenantAnswerDto })
  @ApiProblems(400, 409, 413, 415)
  async create(@Body() body: CreateTenantDto, @CurrentPrincipal() caller: Principal): Promise<TenantAnswerDto> {
    mustManageAll(caller);
    const { id, ...settings } = body;
    if (settings.enabled === false) refuseDefault(id);
    return answer(await this.registry.create(id, settingsOf(settings)));
  }

  @Get(':id')
  @ApiOperation({ summary: 'The settings of a tenant' })
  @ApiOkResponse({ type: TenantAnswerDto })
  @ApiProblems(404)
  async get(@Param('id') id: string, @CurrentPrincipal() caller: Principal): Promise<TenantAnswerDto> {
    mustBelongTo(caller, id);
    return answer(await this.registry.get(id));
  }

  @Put(':id')
  @ApiOperation({ summary: 'Change the settings of a tenant, for all replicas at once' })
  @ApiOkResponse({ type: TenantAnswerDto })
  @ApiProblems(400, 404, 409, 413, 415)
  async change(
    @Param('id') id: string,
    @Body() body: UpdateTenantDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<TenantAnswerDto> {
    mustManage(caller, id);
    if (body.enabled === false) refuseDefault(id);
    return answer(await this.registry.change(id, settingsOf(body)));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a tenant that has neither servers nor API keys; with force=true, all that it has' })
  @ApiOkResponse({ type: RemovedTenantDto })
  @ApiProblems(400, 404, 409)
  async remove(
    @Param('id') id: string,
    @Query() { force }: RemovalOptionsDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<RemovedTenantDto> {
    mustManage(caller, id);
    await this.removal.remove(id, force === 'true');
    return { success: true };
  }
}

const view = ({ id, value }: Stored<TenantRecord>) => ({ id, ...value });

const answer = (stored: Stored<TenantRecord>): TenantAnswerDto => ({ success: true, tenant: view(stored) });

/** Plain, as it is stored. */
const settingsOf = ({ displayName, enabled, packages, limits }: UpdateTenantDto): UpdateTenantDto => ({
  displayName,
  enabled,
  packages: packages && { ...packages },
  limits: limits && { ...limits },
});
