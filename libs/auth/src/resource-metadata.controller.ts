import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Config } from '@manifold/config';
import { ResourceMetadataDto } from './resource-metadata.dto.js';
import { Public } from './route-options.decorator.js';

/** Tells MCP clients where to get a token. A 401 response names its URL. */
@ApiTags('auth')
@Controller('.well-known/oauth-protected-resource')
export class ResourceMetadataController {
  constructor(private readonly config: Config) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'Get the OAuth protected resource metadata (RFC 9728)' })
  @ApiOkResponse({ type: ResourceMetadataDto })
  ofGateway(): ResourceMetadataDto {
    return this.metadata();
  }

  /** Follows RFC 9728, section 3.1: the path of the resource is appended to the well-known path. */
  @Get('mcp')
  @Public()
  @ApiOperation({ summary: 'Get the OAuth protected resource metadata of the MCP endpoint (RFC 9728)' })
  @ApiOkResponse({ type: ResourceMetadataDto })
  ofMcp(): ResourceMetadataDto {
    return this.metadata();
  }

  private metadata(): ResourceMetadataDto {
    const issuers = this.config.issuers.filter(({ claims }) => claims === undefined).map(({ issuer }) => issuer);
    return {
      resource: `${this.config.publicUrl}/mcp`,
      ...(issuers.length > 0 && { authorization_servers: issuers }),
      bearer_methods_supported: ['header'],
      resource_name: 'Manifold',
    };
  }
}
