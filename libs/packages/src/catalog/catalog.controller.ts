import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, Roles } from '@manifold/auth';
import { ApiProblems } from '@manifold/rest';
import { CatalogAnswerDto, CatalogQueryDto } from './catalog.dto.js';
import { Catalog } from './catalog.service.js';

const DEFAULT_LIMIT = 20;

/** Search for MCP servers that can be installed. */
@ApiTags('packages')
@ApiAuthenticated()
@ApiProblems(400, 403, 503)
@Controller('packages/catalog')
export class CatalogController {
  constructor(private readonly catalog: Catalog) {}

  @Get()
  @Roles('operator')
  @ApiOperation({
    summary: 'Search for MCP servers that can be installed',
    description:
      'Returns the bundled servers first, each with an install body, then those of the MCP registry at REGISTRY_URL. ' +
      'If the registry is unavailable, the answer contains a warning instead of its servers.',
  })
  @ApiOkResponse({ type: CatalogAnswerDto })
  async search(@Query() { query = '', limit, cursor }: CatalogQueryDto): Promise<CatalogAnswerDto> {
    const page = await this.catalog.search({
      query,
      limit: limit === undefined ? DEFAULT_LIMIT : Number(limit),
      cursor,
    });
    return {
      success: true,
      servers: [...page.servers],
      nextCursor: page.nextCursor,
      ...(page.warnings && { warnings: [...page.warnings] }),
    };
  }
}
