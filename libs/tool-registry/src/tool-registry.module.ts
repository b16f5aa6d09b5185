import { Module } from '@nestjs/common';
import { LimitsModule } from '@manifold/limits';
import { AppFeatures } from './app-features.js';
import { CallsInFlight } from './calls-in-flight.js';
import { Completions } from './completions.service.js';
import { Prompts } from './prompts.service.js';
import { ProviderOffers } from './provider-offers.js';
import { Resources } from './resources.service.js';
import { Tasks } from './tasks.service.js';
import { ToolRegistry } from './tool-registry.service.js';
import { ToolsController } from './tools.controller.js';

/** Needs the global modules that provide Bus, Config, Metrics and ToolProviders. */
@Module({
  imports: [LimitsModule],
  controllers: [ToolsController],
  providers: [AppFeatures, CallsInFlight, Completions, Prompts, ProviderOffers, Resources, Tasks, ToolRegistry],
  exports: [AppFeatures, CallsInFlight, Completions, Prompts, Resources, Tasks, ToolRegistry],
})
export class ToolRegistryModule {}
