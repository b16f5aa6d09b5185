import { Controller, Get, Injectable, Res, ServiceUnavailableException, type OnModuleDestroy } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorFunction,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Public } from '@manifold/auth';
import { Store } from '@manifold/store';
import { checksHealth, ToolProviders } from '@manifold/tool-provider';
import { HealthDto, LiveDto } from './health.dto.js';

/** What readiness depends on. */
@Injectable()
export class GatewayHealth implements OnModuleDestroy {
  private stopping = false;

  constructor(
    private readonly indicator: HealthIndicatorService,
    private readonly store: Store,
    private readonly providers: ToolProviders,
  ) {}

  /** The first step of a shutdown, and of the time before it: from now on no new work should come. */
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

  /** A provider that is down is shown, and does not make the gateway unhealthy: the others work. */
  providersUp(): HealthIndicatorResult {
    const states = this.providers.all.map((provider) => [
      provider.id,
      checksHealth(provider) ? provider.health() : { status: 'up' as const },
    ]);
    return this.indicator.check('providers').up(Object.fromEntries(states) as Record<string, never>);
  }
}

/** Probes for orchestrators. Public: they say nothing about users, servers or configuration. */
@ApiTags('operation')
@Controller()
export class HealthController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly health: GatewayHealth,
  ) {}

  /** Never asks the database: a restart would not mend that. */
  @Get('livez')
  @Public()
  @ApiOperation({ summary: 'Liveness: the process answers' })
  @ApiOkResponse({ type: LiveDto })
  live(): LiveDto {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Public()
  @HealthCheck({ swaggerDocumentation: false })
  @ApiOkResponse({ type: HealthDto })
  @ApiServiceUnavailableResponse({ type: HealthDto, description: 'A check failed' })
  @ApiOperation({ summary: 'Readiness: requests can be served' })
  ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.answer(reply, [() => this.health.process(), () => this.health.database()]);
  }

  @Get('healthz')
  @Public()
  @HealthCheck({ swaggerDocumentation: false })
  @ApiOkResponse({ type: HealthDto })
  @ApiServiceUnavailableResponse({ type: HealthDto, description: 'A check failed' })
  @ApiOperation({ summary: 'Health of the process, the database and the providers' })
  healthy(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.answer(reply, [
      () => this.health.process(),
      () => this.health.database(),
      () => this.health.providersUp(),
    ]);
  }

  /** 503 with the same body where a check fails: that is an answer, not an error of the gateway. */
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
