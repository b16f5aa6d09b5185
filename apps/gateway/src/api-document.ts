import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { SECURITY_SCHEMES } from '@manifold/auth';
import { type Config, VERSION } from '@manifold/config';
import { operationIdOf, withPlainIds } from './operation-ids.js';

/**
 * Serves Swagger UI at `/docs` and the OpenAPI document at `/docs-json`. They need a credential that the gateway has verified, unless
 * PUBLIC_DETAILS is set: then they are public. They are the same for all users and reveal nothing about the users of this installation.
 */
export function serveApiDocument(app: NestFastifyApplication, config: Config): void {
  const settings = new DocumentBuilder()
    .setTitle('Manifold')
    .setDescription(
      'Manages registered MCP servers, their tools, and the secrets of their users. MCP clients use /mcp instead.',
    )
    .setVersion(VERSION)
    .addServer(config.publicUrl)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key or a token of a configured issuer' })
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Api-Key' }, SECURITY_SCHEMES.apiKey)
    .build();
  const access = config.publicDetails ? { public: true } : { verifiedOnly: true };
  const fastify = app.getHttpAdapter().getInstance() as FastifyInstance;
  fastify.addHook('onRoute', (route) => {
    if (/^\/docs(-json|-yaml|\/|$)/.test(route.url)) route.config = { ...route.config, ...access };
  });
  const document = () =>
    withPlainIds(SwaggerModule.createDocument(app, settings, { operationIdFactory: operationIdOf }));
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Manifold API',
  });
}
