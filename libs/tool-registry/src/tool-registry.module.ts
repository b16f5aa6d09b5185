import { Module } from '@nestjs/common';
import { AppFeatures } from './app-features.js';
import { CallsInFlight } from './calls-in-flight.js';
import { ToolRegistry } from './tool-registry.service.js';
import { ToolsController } from './tools.controller.js';

/** Needs the global modules that provide Config, Metrics and ToolProviders. */
@Module({
  controllers: [ToolsController],
  providers: [AppFeatures, CallsInFlight, ToolRegistry],
  exports: [AppFeatures, CallsInFlight, ToolRegistry],
})
export class ToolRegistryModule {}
