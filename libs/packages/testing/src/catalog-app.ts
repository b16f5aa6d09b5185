import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { BusModule } from '@manifold/bus';
import { ApiKeyModule, ApiKeyService, AuthModule, type Role } from '@manifold/auth';
import { ConfigModule, loadConfig, type Config } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { DtoValidationPipe, ProblemFilter } from '@manifold/rest';
import { StoreModule } from '@manifold/store';
import { CatalogModule } from '../../src/catalog/index.js';
import type { CatalogAnswerDto } from '../../src/catalog/catalog.dto.js';

@Module({})
class CatalogAppModule {
  static with(config: Config): DynamicModule {
    const global = [ConfigModule.forRoot(config), StoreModule, BusModule, EgressModule, AuthModule];
    return { module: CatalogAppModule, imports: [...global, ApiKeyModule, CatalogModule] };
  }
}

export interface CatalogResponse {
  readonly status: number;
  readonly body: CatalogAnswerDto & { readonly code?: string; readonly errors?: { readonly pointer: string }[] };
}

/** The catalogue behind its route, in production. */
export class CatalogApp {
  private constructor(
    readonly app: NestFastifyApplication,
    private readonly dataDir: string,
  ) {}

  static async start(registryUrl = ''): Promise<CatalogApp> {
    const dataDir = mkdtempSync(join(tmpdir(), 'manifold-catalog-'));
    const config = loadConfig({
      NODE_ENV: 'production',
      SECRETS_KEY: 'k7Qw3-a-key-of-these-specs-only-9fZ2',
      DATA_DIR: dataDir,
      REGISTRY_URL: registryUrl,
    });
    const adapter = new FastifyAdapter({ forceCloseConnections: true });
    const app = await NestFactory.create<NestFastifyApplication>(CatalogAppModule.with(config), adapter, {
      logger: false,
    });
    app.useGlobalPipes(new DtoValidationPipe());
    app.useGlobalFilters(new ProblemFilter());
    await app.listen(0, '127.0.0.1');
    return new CatalogApp(app, dataDir);
  }

  async search(query = '', roles: Role[] = ['operator']): Promise<CatalogResponse> {
    const name = `spec-${Math.random()}`;
    const { key } = await this.app.get(ApiKeyService).create({ tenant: 'default', name, roles, createdBy: 'a spec' });
    const response = await fetch(`${await this.app.getUrl()}/packages/catalog${query}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    return { status: response.status, body: (await response.json()) as CatalogResponse['body'] };
  }

  async destroy(): Promise<void> {
    await this.app.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
