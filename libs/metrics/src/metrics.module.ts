import { Global, Module } from '@nestjs/common';
import { Metrics } from './metrics.js';

/** Provides the metrics to every module that adds to them. */
@Global()
@Module({ providers: [Metrics], exports: [Metrics] })
export class MetricsModule {}
