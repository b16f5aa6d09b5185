import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import cors from '@fastify/cors';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { BusModule } from '@manifold/bus';
import { ApiKeyService } from '../../src/api-keys/api-key.service.js';
import { AuthModule } from '../../src/auth.module.js';
import { LOCAL_ISSUER, type Role } from '../../src/principal.js';
import { ConfigModule, loadConfig } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { DtoValidationPipe, ProblemFilter } from '@manifold/rest';
import { StoreModule } from '@manifold/store';
import { LogCapture } from './log-capture.js';

export interface GatewayOptions {
  readonly environment?: 'development' | 'production';
  /** Elements of AUTH_ISSUERS. */
  readonly issuers?: readonly object[];
  /** Further variables of the environment. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly controllers?: readonly Type[];
  /** A folder to share with another gateway; else one of its own, removed with it. */
  readonly dataDir?: string;
}

export interface TestGateway {
  readonly url: string;
  readonly dataDir: string;
  readonly log: LogCapture;
  readonly app: NestFastifyApplication;
  /** Makes an API key. */
  key(
    name: string,
    roles: readonly Role[],
    more?: { issuer?: string; expiresAt?: number; tenant?: string },
  ): Promise<string>;
  close(): Promise<void>;
}

@Module({})
class TestModule {}

/** The authentication of the gateway on a real server, with the real store, in front of the controllers of a spec. */
export async function openGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'manifold-auth-')));
  const config = loadConfig({
    NODE_ENV: options.environment ?? 'production',
    SECRETS_KEY: 'tXQ0mV8rJ2uY5wZ1aB4cD7eF9gH3iK6l',
    MCP_SERVER_URL: 'https://gateway.test',
    DATA_DIR: dataDir,
    AUTH_ISSUERS: JSON.stringify(options.issuers ?? []),
    ...options.settings,
  });
  const log = new LogCapture();
  const module = {
    module: TestModule,
    imports: [ConfigModule.forRoot(config), StoreModule, BusModule, EgressModule, AuthModule],
    controllers: [...(options.controllers ?? [])],
  };
  const adapter = new FastifyAdapter({ forceCloseConnections: true, genReqId: () => 'request-of-a-test' });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: log, abortOnError: false });
  await app.register(cors, { origin: true });
  app.useGlobalPipes(new DtoValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  await app.listen(0, '127.0.0.1');
  const keys = app.get(ApiKeyService, { strict: false });
  return {
    url: await app.getUrl(),
    dataDir,
    log,
    app,
    key: async (name, roles, { tenant = 'default', issuer = LOCAL_ISSUER, expiresAt } = {}) =>
      (await keys.create({ tenant, name, roles, issuer, expiresAt, createdBy: 'a test' })).key,
    close: async () => {
      await app.close();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
