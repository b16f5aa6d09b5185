import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import cors from '@fastify/cors';
import {
  Catch,
  Global,
  Module,
  type ArgumentsHost,
  type DynamicModule,
  type ExceptionFilter,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalKey, StreamGrants, type Principal } from '@manifold/auth';
import { BusModule } from '@manifold/bus';
import { ConfigModule, loadConfig } from '@manifold/config';
import { Metrics } from '@manifold/metrics';
import { ProblemError, ProblemFilter, readJsonBodies } from '@manifold/rest';
import { SecretsModule } from '@manifold/secrets';
import { StoreModule } from '@manifold/store';
import { ToolProviders, type ToolProvider } from '@manifold/tool-provider';
import { JsonRpcFilter } from '../../src/http/json-rpc.filter.js';
import { isMcpPath } from '../../src/http/mcp-paths.js';
import { servedUrl } from '../../src/http/request-checks.js';
import { TransportModule } from '../../src/transport.module.js';
import { FixtureProvider } from './fixture-provider.js';

/** A gateway with the real transport, registry and store. It listens on a real port. */
export interface TransportApp {
  readonly url: string;
  readonly port: number;
  readonly provider: FixtureProvider;
  readonly dataDir: string;
  get<T>(type: Type<T> | (abstract new () => T)): T;
  /** Stops the gateway and keeps its data. */
  stop(): Promise<void>;
  /** Stops the gateway and removes its data. */
  discard(): Promise<void>;
}

export interface TransportAppOptions {
  /** Environment variables. */
  readonly settings?: Record<string, string>;
  /** Data directory of a stopped application. The new one starts with the same data. */
  readonly dataDir?: string;
  readonly port?: number;
  /** Providers in addition to the fixture provider. */
  readonly providers?: readonly ToolProvider[];
}

const refused = new ProblemError(401, 'unauthenticated', 'Who is it?', { headers: { 'www-authenticate': 'Bearer' } });

/** Replaces the authentication hook. Reads `Authorization: Bearer <subject>`, or `<subject>.<epoch milliseconds>` with an expiry. */
export function principalOf(authorization = 'Bearer alice'): Principal {
  const [subject = '', expiry] = authorization.replace('Bearer ', '').split('.');
  const expiresAt = expiry === undefined ? undefined : Number(expiry);
  const [tenant, issuer] = ['default', 'https://issuer.test'];
  return {
    key: principalKey(tenant, issuer, subject),
    tenant,
    issuer,
    subject,
    roles: ['user'],
    method: 'jwt',
    expiresAt,
  };
}

export async function startTransport(options: TransportAppOptions = {}): Promise<TransportApp> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'manifold-transport-'));
  const config = loadConfig({ DATA_DIR: dataDir, ...options.settings });
  const provider = new FixtureProvider();
  const adapter = new FastifyAdapter({
    rewriteUrl: ({ url = '' }) => servedUrl(url),
    forceCloseConnections: true,
    bodyLimit: config.bodies.bytes,
  });
  const module = {
    module: FixtureModule,
    imports: [
      ConfigModule.forRoot(config),
      StoreModule,
      BusModule,
      SecretsModule,
      surroundings([provider, ...(options.providers ?? [])]),
      TransportModule,
    ],
  };
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: false, bodyParser: false });
  readJsonBodies(adapter.getInstance(), config.bodies);
  await app.register(cors, { origin: true });
  adapter.getInstance().addHook('onRequest', async (request) => {
    if (request.headers.authorization === 'Bearer nobody') throw refused;
    request.principal = principalOf(request.headers.authorization);
  });
  app.useGlobalFilters(new PathFilter());
  await app.listen(options.port ?? 0, '127.0.0.1');
  const { port } = new URL(await app.getUrl());
  const stop = () => app.close();
  return {
    url: `http://127.0.0.1:${port}`,
    port: Number(port),
    provider,
    dataDir,
    get: (type) => app.get(type, { strict: false }),
    stop,
    discard: async () => {
      await stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

@Module({})
class FixtureModule {}

@Global()
@Module({})
class SurroundingsModule {}

const surroundings = (providers: readonly ToolProvider[]): DynamicModule => ({
  module: SurroundingsModule,
  providers: [Metrics, StreamGrants, { provide: ToolProviders, useValue: new ToolProviders(providers) }],
  exports: [Metrics, StreamGrants, ToolProviders],
});

/** Chooses the error format by path, as the gateway's own filter does. */
@Catch()
class PathFilter implements ExceptionFilter {
  private readonly problems = new ProblemFilter();
  private readonly jsonRpc = new JsonRpcFilter();

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const filter = isMcpPath(request.url) ? this.jsonRpc : this.problems;
    filter.write(error, request, http.getResponse<FastifyReply>());
  }
}
