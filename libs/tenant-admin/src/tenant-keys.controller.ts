import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ApiAuthenticated,
  ApiKeyListDto,
  ApiKeyService,
  apiKeyView,
  CreateApiKeyDto,
  CreatedApiKeyDto,
  CurrentPrincipal,
  expiryOf,
  RevokedApiKeyDto,
  Roles,
  type Principal,
} from '@manifold/auth';
import { ApiExample, ApiProblems } from '@manifold/rest';
import { TenantRegistry } from '@manifold/tenants';
import { mustBelongTo } from './tenant-rights.js';

/** Manages the API keys of a tenant. The first admin of a new tenant can be such a key. */
@ApiTags('tenants')
@ApiAuthenticated()
@ApiProblems(403, 404, 503)
@Controller('tenants/:id/keys')
@Roles('admin')
export class TenantKeysController {
  constructor(
    private readonly registry: TenantRegistry,
    private readonly keys: ApiKeyService,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Create an API key for a tenant',
    description: 'Only this response contains the key.',
  })
  @ApiExample(
    CreateApiKeyDto,
    { name: 'first-admin', roles: ['admin', 'operator'] },
    { needs: 'the tenant of the example of POST /tenants' },
  )
  @ApiOkResponse({ type: CreatedApiKeyDto })
  @ApiProblems(400, 409, 413, 415)
  async create(
    @Param('id') tenant: string,
    @Body() body: CreateApiKeyDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<CreatedApiKeyDto> {
    await this.require(tenant, caller);
    const { name, roles, groups, issuer } = body;
    const expiresAt = expiryOf(body.expiresAt, Date.now());
    const wanted = { tenant, name, roles, groups, issuer, expiresAt, createdBy: caller };
    const { key, record } = await this.keys.create(wanted);
    return { success: true, key, ...apiKeyView(record) };
  }

  @Get()
  @ApiOperation({ summary: 'List the API keys of a tenant, without the keys themselves' })
  @ApiOkResponse({ type: ApiKeyListDto })
  async list(@Param('id') tenant: string, @CurrentPrincipal() caller: Principal): Promise<ApiKeyListDto> {
    await this.require(tenant, caller);
    return { success: true, keys: (await this.keys.list(tenant)).map(apiKeyView) };
  }

  @Delete(':keyId')
  @ApiOperation({ summary: 'Revoke an API key of a tenant' })
  @ApiOkResponse({ type: RevokedApiKeyDto })
  async revoke(
    @Param('id') tenant: string,
    @Param('keyId') keyId: string,
    @CurrentPrincipal() caller: Principal,
  ): Promise<RevokedApiKeyDto> {
    await this.require(tenant, caller);
    await this.keys.revoke(tenant, keyId);
    return { success: true };
  }

  private async require(tenant: string, caller: Principal): Promise<void> {
    mustBelongTo(caller, tenant);
    await this.registry.get(tenant);
  }
}
