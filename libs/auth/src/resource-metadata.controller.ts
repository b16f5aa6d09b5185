import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Config } from '@manifold/config';
import { ApiProblems, ProblemError } from '@manifold/rest';
import { resourceMetadata, type Endpoint } from './resource-metadata.js';
import { ResourceMetadataDto } from './resource-metadata.dto.js';
import { Public } from './route-options.decorator.js';

/**
 * Tells MCP clients where to get a token. A 401 response names its URL. Clients that were not told look for it under the path of the
 * endpoint first, and then without a path (RFC 9728, section 3.1).
 */
@ApiTags('auth')
@ApiProblems(404)
@Controller('.well-known/oauth-protected-resource')
export class ResourceMetadataController {
  constructor(private readonly config: Config) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'Get the OAuth protected resource metadata (RFC 9728)' })
  @ApiOkResponse({ type: ResourceMetadataDto })
  ofGateway(): ResourceMetadataDto {
    return this.metadata('/mcp');
  }

  @Get('mcp')
  @Public()
  @ApiOperation({ summary: 'Get the OAuth protected resource metadata of the MCP endpoint (RFC 9728)' })
  @ApiOkResponse({ type: ResourceMetadataDto })
  ofMcp(): ResourceMetadataDto {
    return this.metadata('/mcp');
  }

  /** The endpoints of single servers are parts of one resource. The metadata does not tell whether there is such a server. */
  @Get('mcp/servers/:name/mcp')
  @Public()
  @ApiParam({ name: 'name', description: 'Name of the registered server', example: 'everything' })
  @ApiOperation({ summary: 'Get the OAuth protected resource metadata of the endpoint of a server (RFC 9728)' })
  @ApiOkResponse({ type: ResourceMetadataDto })
  ofServer(): ResourceMetadataDto {
    return this.metadata('/mcp');
  }

  @Get('sse')
  @Public()
  @ApiOperation({ summary: 'Get the OAuth protected resource metadata of the HTTP+SSE endpoint (RFC 9728)' })
  @ApiOkResponse({ type: ResourceMetadataDto })
  ofSse(): ResourceMetadataDto {
    if (!this.config.legacySse) throw new ProblemError(404, 'not_found', 'The HTTP+SSE transport is switched off');
    return this.metadata('/sse');
  }

  private metadata(endpoint: Endpoint): ResourceMetadataDto {
    const metadata = resourceMetadata(this.config, endpoint);
    if (!metadata) throw new ProblemError(404, 'not_found', 'Tokens of no authorization server are accepted here');
    return metadata;
  }
}
