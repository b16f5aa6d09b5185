import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Config, VERSION } from '@manifold/config';

/** Swagger UI at `/docs` and the OpenAPI document at `/docs-json`. */
export function serveApiDocument(app: NestFastifyApplication, config: Config): void {
  const settings = new DocumentBuilder()
    .setTitle('Manifold')
    .setDescription('Registered MCP servers, their tools, and the secrets of their users. Agents use /mcp instead.')
    .setVersion(VERSION)
    .addServer(config.publicUrl)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key or a token of a configured issuer' })
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, settings), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Manifold API',
  });
}
