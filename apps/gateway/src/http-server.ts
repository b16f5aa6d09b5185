import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '@manifold/config';
import { RequestLimits } from '@manifold/limits';
import { PinoLogger, requestIdOf } from '@manifold/observability';
import { DtoValidationPipe, readJsonBodies } from '@manifold/rest';
import { isAllowedOrigin, isMcpPath, servedUrl } from '@manifold/transport';
import { serveApiDocument } from './api-document.js';
import { AppModule } from './app.module.js';
import { GatewayExceptionFilter } from './gateway-exception.filter.js';

/** Milliseconds that a client may take to send a whole request (docs/THREATS.md, threat 15). */
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** Creates the gateway on Fastify, ready to listen. It does not yet open connections or start processes. */
export async function createGateway(config: Config, log: Logger): Promise<NestFastifyApplication> {
  const errors = new GatewayExceptionFilter();
  const adapter = new FastifyAdapter({
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      errors.write(error, request, reply),
    rewriteUrl: ({ url = '' }) => servedUrl(url),
    genReqId: requestIdOf,
    trustProxy: trusted(config.trustProxy),
    bodyLimit: config.bodies.bytes,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 256 },
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), adapter, {
    logger: new PinoLogger(log),
    abortOnError: false,
    bodyParser: false,
  });
  readJsonBodies(adapter.getInstance(), config.bodies);
  // The plugin creates its headers for each answer. Answers for programs do not need them.
  adapter.getInstance().addHook('onRoute', (route) => {
    if (isForPrograms(route.url)) route.helmet = false;
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      // On a laptop, pages are served over plain HTTP: browsers must not upgrade their requests.
      directives: { frameAncestors: ["'none'"], upgradeInsecureRequests: null },
    },
  });
  if (config.environment === 'development' || config.allowedOrigins.length > 0) {
    await app.register(cors, {
      origin: (origin, decide) => decide(null, origin !== undefined && isAllowedOrigin(origin, config)),
      methods: ['GET', 'POST', 'PUT', 'DELETE'],
      exposedHeaders: ['mcp-session-id', 'www-authenticate', 'x-request-id', 'retry-after'],
    });
  }
  app.get(RequestLimits, { strict: false }).shedOn(adapter.getInstance());
  app.useGlobalPipes(new DtoValidationPipe());
  app.useGlobalFilters(errors);
  serveApiDocument(app, config);
  return app;
}

/**
 * Converts the setting for Fastify. Fastify ignores `X-Forwarded-For` if it gets a number, because a client that bypasses the proxies could
 * forge the address. The operator who sets a number guarantees that no client can bypass them.
 */
function trusted(proxies: Config['trustProxy']): false | string[] | ((address: string, hop: number) => boolean) {
  if (typeof proxies === 'number') return (_address, hop) => hop < proxies;
  return proxies && [...proxies];
}

const isForPrograms = (path: string): boolean => isMcpPath(path) || path === '/mcp/tool/call';
