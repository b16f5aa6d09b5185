import {
  Controller,
  Get,
  Injectable,
  Req,
  Res,
  ServiceUnavailableException,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorFunction,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public, RouteOptions } from '@manifold/auth';
import { Config } from '@manifold/config';
import { Store } from '@manifold/store';
import { checksHealth, ToolProviders } from '@manifold/tool-provider';
import { HealthDto, LiveDto } from './health.dto.js';

/** The checks of the health endpoints. */
@Injectable()
export class GatewayHealth implements OnModuleDestroy {
  private stopping = false;

  constructor(
    private readonly indicator: HealthIndicatorService,
    private readonly store: Store,
    private readonly providers: ToolProviders,
  ) {}

  /** Marks the gateway as stopping, so that load balancers send no new requests. It is called first when the gateway shuts down. */
  leave(): void {
    this.stopping = true;
  }

  onModuleDestroy(): void {
    this.leave();
  }

  process(): HealthIndicatorResult {
    const check = this.indicator.check('process');
    return this.stopping ? check.down('stopping') : check.up();
  }

  async database(): Promise<HealthIndicatorResult> {
    const check = this.indicator.check('store');
    return this.store.ping().then(
      () => check.up(),
      () => check.down('the database does not answer'),
    );
  }

  /** Reports the state of the providers. A provider that is down does not make the gateway unhealthy: the others work. */
  providersUp(): HealthIndicatorResult {
    const states = this.providers.all.map((provider) => [
      provider.id,
      checksHealth(provider) ? provider.health() : { status: 'up' as const },
    ]);
    return this.indicator.check('providers').up(Object.fromEntries(states) as Record<string, never>);
  }
}

/** Probes for orchestrators. They are public. Only callers with a credential learn from them which providers there are. */
@ApiTags('operation')
@Controller()
export class HealthController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly health: GatewayHealth,
    private readonly config: Config,
  ) {}

  /** Liveness. It does not check the database, because a restart would not repair that. */
  @Get('livez')
  @Public()
  @ApiOperation({ summary: 'Check that the process responds (liveness)' })
  @ApiOkResponse({ type: LiveDto })
  live(): LiveDto {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Public()
  @HealthCheck({ swaggerDocumentation: false })
  @ApiOkResponse({ type: HealthDto })
  @ApiServiceUnavailableResponse({ type: HealthDto, description: 'A check failed' })
  @ApiOperation({ summary: 'Check that the gateway can serve requests (readiness)' })
  ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.answer(reply, [() => this.health.process(), () => this.health.database()]);
  }

  @Get('healthz')
  @RouteOptions({ public: true, knowsCallers: true })
  @HealthCheck({ swaggerDocumentation: false })
  @ApiOkResponse({ type: HealthDto })
  @ApiServiceUnavailableResponse({ type: HealthDto, description: 'A check failed' })
  @ApiOperation({
    summary: 'Check the process, the database and the providers',
    description: 'Without a credential, only the status is shown, unless PUBLIC_DETAILS is set.',
  })
  async healthy(
    @Req() { principal }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HealthDto> {
    const result = await this.answer(reply, [
      () => this.health.process(),
      () => this.health.database(),
      () => this.health.providersUp(),
    ]);
    return principal || this.config.publicDetails ? result : { status: result.status };
  }

  /** Runs the checks. If one fails, the answer is 503 with the same body: that is a result, not an error of the gateway. */
  private async answer(reply: FastifyReply, checks: HealthIndicatorFunction[]): Promise<HealthCheckResult> {
    try {
      return await this.checks.check(checks);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      void reply.status(503);
      return error.getResponse() as HealthCheckResult;
    }
  }
}
