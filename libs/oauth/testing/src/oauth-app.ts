import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import helmet from '@fastify/helmet';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { BusModule } from '@manifold/bus';
import { AuthModule } from '@manifold/auth';
import { ConfigModule, loadConfig } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { ConnectLinks } from '../../src/browser/connect-links.service.js';
import { Connections } from '../../src/connections.js';
import { OAuthModule } from '../../src/oauth.module.js';
import { DtoValidationPipe, ProblemFilter, readJsonBodies } from '@manifold/rest';
import { SecretsModule } from '@manifold/secrets';
import { StoreModule } from '@manifold/store';
import { Tenants } from '@manifold/tenants';
import { freePort } from '../../../../test/support/free-port.js';

@Module({})
class TestModule {}

/** The pages behind the authentication of the gateway in production, with the real store, on a real socket. */
export class OAuthApp {
  private constructor(
    private readonly app: NestFastifyApplication,
    readonly dataDir: string,
    readonly url: string,
  ) {}

  static async start(): Promise<OAuthApp> {
    const dataDir = mkdtempSync(join(tmpdir(), 'manifold-oauth-app-'));
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const config = loadConfig({
      NODE_ENV: 'production',
      SECRETS_KEY: 'vB7-a-key-of-these-specs-only-2wQ9',
      MCP_SERVER_URL: url,
      EGRESS_ALLOW: '127.0.0.1',
      DATA_DIR: dataDir,
    });
    const imports = [
      ConfigModule.forRoot(config),
      StoreModule,
      BusModule,
      EgressModule,
      AuthModule,
      SecretsModule,
      OAuthModule,
    ];
    const adapter = new FastifyAdapter({ forceCloseConnections: true, genReqId: () => 'request-of-a-test' });
    const app = await NestFactory.create<NestFastifyApplication>({ module: TestModule, imports }, adapter, {
      logger: false,
      bodyParser: false,
    });
    readJsonBodies(adapter.getInstance(), config.bodies);
    // Its headers are on every page of the gateway; some of them would break these.
    await app.register(helmet);
    app.useGlobalPipes(new DtoValidationPipe());
    app.useGlobalFilters(new ProblemFilter());
    await app.listen(port, '127.0.0.1');
    return new OAuthApp(app, dataDir, url);
  }

  get links(): ConnectLinks {
    return this.app.get(ConnectLinks);
  }

  get connections(): Connections {
    return this.app.get(Connections);
  }

  /** As administrators do it over REST. */
  enable(tenant: string, enabled: boolean): void {
    this.app.get(Tenants, { strict: false }).put(tenant, { enabled, createdAt: '', updatedAt: '' });
  }

  /** Stops it and removes its data. */
  async discard(): Promise<void> {
    await this.app.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
