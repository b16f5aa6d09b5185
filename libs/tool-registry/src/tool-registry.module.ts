import { Module } from '@nestjs/common';
import { LimitsModule } from '@manifold/limits';
import { AppFeatures } from './primitives/app-features.js';
import { CallPermits } from './calls/call-permits.js';
import { CallPipeline } from './calls/call-pipeline.js';
import { CallReports } from './calls/call-reports.js';
import { ProviderFaults } from './calls/provider-faults.js';
import { CallsInFlight } from './calls/calls-in-flight.js';
import { Completions } from './primitives/completions.service.js';
import { Prompts } from './primitives/prompts.service.js';
import { ProviderPrimitives } from './primitives/provider-primitives.js';
import { Namespaces } from './uris/namespaces.js';
import { Resources } from './primitives/resources.service.js';
import { Tasks } from './primitives/tasks.service.js';
import { ToolRegistry } from './tool-registry.service.js';
import { ToolsController } from './tools.controller.js';

/** Needs the global modules that provide Bus, Config, Metrics and ToolProviders. */
@Module({
  imports: [LimitsModule],
  controllers: [ToolsController],
  providers: [
    ...[CallPermits, CallPipeline, CallReports, ProviderFaults],
    ...[
      AppFeatures,
      CallsInFlight,
      Completions,
      Namespaces,
      Prompts,
      ProviderPrimitives,
      Resources,
      Tasks,
      ToolRegistry,
    ],
  ],
  exports: [AppFeatures, CallsInFlight, Completions, Prompts, Resources, Tasks, ToolRegistry],
})
export class ToolRegistryModule {}
