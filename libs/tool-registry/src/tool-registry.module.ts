import { Module } from '@nestjs/common';
import { ToolRegistry } from './tool-registry.service.js';
import { ToolsController } from './tools.controller.js';

/** Needs the global modules that provide Config, Metrics and ToolProviders. */
@Module({ controllers: [ToolsController], providers: [ToolRegistry], exports: [ToolRegistry] })
export class ToolRegistryModule {}
