import { Module } from '@nestjs/common';
import { CallsInFlight } from './calls-in-flight.js';
import { ToolRegistry } from './tool-registry.service.js';
import { ToolsController } from './tools.controller.js';

/** Needs the global modules that provide Config, Metrics and ToolProviders. */
@Module({
  controllers: [ToolsController],
  providers: [CallsInFlight, ToolRegistry],
  exports: [CallsInFlight, ToolRegistry],
})
export class ToolRegistryModule {}
