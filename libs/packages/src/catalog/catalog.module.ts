import { Module } from '@nestjs/common';
import { CatalogController } from './catalog.controller.js';
import { Catalog } from './catalog.service.js';
import { RegistryClient } from './registry.client.js';

/** Needs the global modules that provide Config and Egress. */
@Module({ controllers: [CatalogController], providers: [Catalog, RegistryClient] })
export class CatalogModule {}
