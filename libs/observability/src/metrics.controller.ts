import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiAuthenticated, CurrentPrincipal, DEFAULT_TENANT, Roles, type Principal } from '@manifold/auth';
import { ApiProblems, ProblemError } from '@manifold/rest';
import { Metrics } from '@manifold/metrics';

/**
 * Metrics for Prometheus. They need a bearer token with the role `operator` or `admin` of the tenant "default", because they cover all
 * tenants (docs/THREATS.md, threat 65).
 */
@ApiTags('operation')
@ApiAuthenticated()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Roles('operator', 'admin')
  @ApiOperation({
    summary: 'Get metrics in the Prometheus text format',
    description: 'For operators and admins of the tenant "default": the metrics cover all tenants.',
  })
  @ApiOkResponse({ description: 'The metrics', content: { 'text/plain': { schema: { type: 'string' } } } })
  @ApiProblems(403, 503)
  async read(
    @CurrentPrincipal() { tenant }: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    if (tenant !== DEFAULT_TENANT) {
      throw new ProblemError(
        403,
        'other_tenant',
        `Only callers of the tenant "${DEFAULT_TENANT}" can read the metrics`,
      );
    }
    void reply.type(this.metrics.contentType);
    return this.metrics.text();
  }
}
