import 'reflect-metadata';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import helmet from '@fastify/helmet';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { BusModule } from '@manifold/bus';
import { AuthModule, principalKey, type Principal } from '@manifold/auth';
import { Config, ConfigModule, loadConfig, ParagonConfig } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { DtoValidationPipe, ProblemFilter, readJsonBodies } from '@manifold/rest';
import { Store, StoreModule } from '@manifold/store';
import { Tenants } from '@manifold/tenants';
import { freePort } from '../../../../../test/support/free-port.js';
import { SetupController, SetupLinks } from '../../src/setup/index.js';
import { UserTokens } from '../../src/user-tokens.service.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const SIGNING_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

export const PROJECT_ID = 'project-1';

export interface SetupAppOptions {
  /** Environment variables. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The folder of another app, which may be running or have been stopped. */
  readonly dataDir?: string;
}

/** The setup page behind the authentication of the gateway in production, with the real store, on a real socket. */
export interface SetupApp {
  readonly url: string;
  readonly dataDir: string;
  /** Verifies user tokens. */
  readonly publicKey: KeyObject;
  readonly links: SetupLinks;
  readonly store: Store;
  readonly tenants: Tenants;
  /** Stops it. Its data stay. */
  stop(): Promise<void>;
  /** Stops it and removes its data. */
  discard(): Promise<void>;
}

@Module({
  controllers: [SetupController],
  providers: [
    { provide: ParagonConfig, useFactory: (config: Config) => config.paragon, inject: [Config] },
    UserTokens,
    SetupLinks,
  ],
})
class SetupModule {}

@Module({})
class TestModule {}

export async function startSetup({ settings, dataDir }: SetupAppOptions = {}): Promise<SetupApp> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'manifold-setup-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = loadConfig({
    NODE_ENV: 'production',
    SECRETS_KEY: 'mR4wX9bT2kV7yL1pQ6sD3fG8hJ5zC0nA',
    MCP_SERVER_URL: url,
    DATA_DIR: folder,
    PROJECT_ID,
    SIGNING_KEY,
    ...settings,
  });
  const module = {
    module: TestModule,
    imports: [ConfigModule.forRoot(config), StoreModule, BusModule, EgressModule, AuthModule, SetupModule],
  };
  const adapter = new FastifyAdapter({ forceCloseConnections: true, genReqId: () => 'request-of-a-test' });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: false, bodyParser: false });
  readJsonBodies(adapter.getInstance(), config.bodies);
  // Its headers are on every page of the gateway; some of them would break this one.
  await app.register(helmet);
  app.useGlobalPipes(new DtoValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  await app.listen(port, '127.0.0.1');
  return {
    url,
    dataDir: folder,
    publicKey,
    links: app.get(SetupLinks, { strict: false }),
    store: app.get(Store, { strict: false }),
    tenants: app.get(Tenants, { strict: false }),
    stop: () => app.close(),
    discard: async () => {
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function principalOf(subject: string): Principal {
  const [tenant, issuer] = ['default', 'https://issuer.test'];
  return { key: principalKey(tenant, issuer, subject), tenant, issuer, subject, roles: ['user'], method: 'jwt' };
}
