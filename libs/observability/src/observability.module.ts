import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { MetricsModule } from '@manifold/metrics';
import { GatewayHealth, HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { RequestLog } from './request-log.js';

/** Logs of requests, metrics and health. */
@Module({
  imports: [MetricsModule, TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, MetricsController],
  providers: [GatewayHealth, RequestLog],
})
export class ObservabilityModule {}
