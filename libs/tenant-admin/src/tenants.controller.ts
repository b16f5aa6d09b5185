import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiExample, ApiProblems } from '@manifold/rest';
import type { Stored } from '@manifold/store';
import { TenantRegistry, type TenantPolicy, type TenantRecord } from '@manifold/tenants';
import { refuseDefault, refuseDefaultPolicy, TenantRemoval } from './tenant-removal.service.js';
import { managesAll, mustBelongTo, mustManage, mustManageAll } from './tenant-rights.js';
import {
  CreateTenantDto,
  RemovalOptionsDto,
  RemovedTenantDto,
  TenantAnswerDto,
  TenantsAnswerDto,
  UpdateTenantDto,
} from './tenants.dto.js';

/**
 * Manages tenants. Admins of the tenant "default" manage all tenants. Admins of other tenants can read the settings of their own tenant.
 */
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
  @ApiOperation({ summary: 'List tenants. Admins of a tenant other than "default" see only their own.' })
  @ApiOkResponse({ type: TenantsAnswerDto })
  async list(@CurrentPrincipal() caller: Principal): Promise<TenantsAnswerDto> {
    const all = await this.registry.list();
    const shown = managesAll(caller) ? all : all.filter(({ id }) => id === caller.tenant);
    return { success: true, tenants: shown.map(view) };
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Create a tenant',
    description:
      'Its first admin is an API key created for it, or a user of an issuer that AUTH_ISSUERS assigns to it.',
  })
  @ApiExample(CreateTenantDto, {
    id: 'acme',
    limits: { requestsPerTenant: 60000, callsPerTenant: 200 },
    packages: { node: ['@acme/*'], python: [] },
  })
  @ApiOkResponse({ type: TenantAnswerDto })
  @ApiProblems(400, 409, 413, 415)
  async create(@Body() body: CreateTenantDto, @CurrentPrincipal() caller: Principal): Promise<TenantAnswerDto> {
    mustManageAll(caller);
    const { id, ...settings } = body;
    if (settings.enabled === false) refuseDefault(id);
    if (settings.policy) refuseDefaultPolicy(id);
    return answer(await this.registry.create(id, settingsOf(settings)));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get the settings of a tenant' })
  @ApiOkResponse({ type: TenantAnswerDto })
  @ApiProblems(404)
  async get(@Param('id') id: string, @CurrentPrincipal() caller: Principal): Promise<TenantAnswerDto> {
    mustBelongTo(caller, id);
    return answer(await this.registry.get(id));
  }

  @Put(':id')
  @ApiOperation({
    summary: 'Change the settings of a tenant',
    description: 'A given setting is replaced as a whole; the others stay. The change applies on all replicas.',
  })
  @ApiExample(
    UpdateTenantDto,
    { limits: { callsPerTenant: 100 } },
    { needs: 'the tenant of the example of POST /tenants' },
  )
  @ApiOkResponse({ type: TenantAnswerDto })
  @ApiProblems(400, 404, 409, 413, 415)
  async change(
    @Param('id') id: string,
    @Body() body: UpdateTenantDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<TenantAnswerDto> {
    mustManage(caller, id);
    if (body.enabled === false) refuseDefault(id);
    if (body.policy) refuseDefaultPolicy(id);
    return answer(await this.registry.change(id, settingsOf(body)));
  }

  @Delete(':id')
  @ApiOperation({
    summary: 'Delete a tenant',
    description:
      'A tenant with servers or API keys is not deleted (409). With `force=true`, the gateway deletes these first.',
  })
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

/** Copies the settings into plain objects, the form in which they are stored. */
const settingsOf = ({ displayName, enabled, packages, policy, limits }: UpdateTenantDto): UpdateTenantDto => ({
  displayName,
  enabled,
  packages: packages && { ...packages },
  policy: policy && plainPolicy(policy),
  limits: limits && { ...limits },
});

const plainPolicy = (policy: TenantPolicy): TenantPolicy =>
  Object.fromEntries(Object.entries(policy).filter(([, rule]) => rule !== undefined));
