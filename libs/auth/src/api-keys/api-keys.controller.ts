import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiExample, ApiProblems } from '@manifold/rest';
import { ApiAuthenticated } from '../api-authenticated.decorator.js';
import { CurrentPrincipal } from '../current-principal.decorator.js';
import type { Principal } from '../principal.js';
import { Roles } from '../roles.guard.js';
import { ApiKeyService } from './api-key.service.js';
import { ApiKeyListDto, CreateApiKeyDto, CreatedApiKeyDto, RevokedApiKeyDto } from './api-keys.dto.js';
import { apiKeyView, expiryOf } from './api-keys.mapper.js';

/** Manages the API keys of the caller's tenant. Keys of other tenants are treated as not found. */
@ApiTags('auth')
@ApiAuthenticated()
@ApiProblems(403, 503)
@Controller('auth/keys')
@Roles('admin')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeyService) {}

  @Post()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Create an API key',
    description: 'Only this response contains the key.',
  })
  @ApiExample(CreateApiKeyDto, { name: 'ci', roles: ['service', 'operator'], groups: ['sales'] })
  @ApiOkResponse({ type: CreatedApiKeyDto })
  @ApiProblems(400, 409, 413, 415)
  async create(@Body() body: CreateApiKeyDto, @CurrentPrincipal() caller: Principal): Promise<CreatedApiKeyDto> {
    const { name, roles, groups, issuer } = body;
    const expiresAt = expiryOf(body.expiresAt, Date.now());
    const { key, record } = await this.keys.create({
      tenant: caller.tenant,
      name,
      roles,
      groups,
      issuer,
      expiresAt,
      createdBy: caller,
    });
    return { success: true, key, ...apiKeyView(record) };
  }

  @Get()
  @ApiOperation({ summary: 'List the API keys of the tenant, without the keys themselves' })
  @ApiOkResponse({ type: ApiKeyListDto })
  async list(@CurrentPrincipal() caller: Principal): Promise<ApiKeyListDto> {
    const records = await this.keys.list(caller.tenant);
    return { success: true, keys: records.map(apiKeyView) };
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Revoke an API key', description: 'Other replicas refuse it within five seconds.' })
  @ApiOkResponse({ type: RevokedApiKeyDto })
  @ApiProblems(404)
  async revoke(@Param('id') id: string, @CurrentPrincipal() caller: Principal): Promise<RevokedApiKeyDto> {
    await this.keys.revoke(caller.tenant, id);
    return { success: true };
  }
}
