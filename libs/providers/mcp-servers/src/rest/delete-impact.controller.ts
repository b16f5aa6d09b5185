import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiProblems } from '@manifold/rest';
import { DeleteImpactAnswerDto } from './delete-impact.dto.js';
import { DeleteImpact } from './delete-impact.service.js';

@ApiTags('servers')
@ApiAuthenticated()
@ApiProblems(403, 404, 503)
@Controller('mcp/servers/:name/delete-impact')
export class DeleteImpactController {
  constructor(private readonly impact: DeleteImpact) {}

  @Get()
  @Roles('operator')
  @ApiOperation({ summary: 'Count what deleting a server would remove' })
  @ApiOkResponse({ type: DeleteImpactAnswerDto })
  async get(@Param('name') name: string, @CurrentPrincipal() caller: Principal): Promise<DeleteImpactAnswerDto> {
    return { success: true, impact: await this.impact.of(caller.tenant, name) };
  }
}
