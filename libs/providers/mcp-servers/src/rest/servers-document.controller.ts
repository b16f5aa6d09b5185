import { Body, Controller, Get, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiConsumes, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { stringify } from 'yaml';
import { ApiAuthenticated, CurrentPrincipal, Roles, RouteOptions, type Principal } from '@manifold/auth';
import { ApiExample, ApiProblems, DtoValidationPipe } from '@manifold/rest';
import { ServerExtensions } from '@manifold/server-model';
import { ServerImport } from './server-import.service.js';
import { clientFileOf } from '../client-files/client-file.js';
import { clientServers, warningsAboutFile } from '../client-files/client-servers.js';
import { ServerRegistry } from '../registry/server-registry.service.js';
import { definitionOf } from './servers-document.js';
import { DOCUMENT_VERSION, ImportAnswerDto, ImportOptionsDto, ServersDocumentDto } from './servers-document.dto.js';
import { YAML } from './text-bodies.js';

/** Exports and imports all servers of a tenant as one document, which can be kept in a repository. */
@ApiTags('servers')
@ApiAuthenticated()
@ApiProblems(403, 503)
@Controller('servers')
@Roles('operator')
export class ServersDocumentController {
  constructor(
    private readonly registry: ServerRegistry,
    private readonly extensions: ServerExtensions,
    private readonly imports: ServerImport,
  ) {}

  @Get('export')
  @RouteOptions({ audited: true })
  @ApiOperation({
    summary: 'Export all registered servers as a document, without secrets',
    description:
      'Returns JSON, or YAML if the Accept header names application/yaml. A reference such as `${input:remote.headers.Authorization}` ' +
      'stands in place of each confidential value: replace it by the value to import the document into another gateway.',
  })
  @ApiProduces('application/json', YAML)
  @ApiOkResponse({ type: ServersDocumentDto })
  async export(
    @CurrentPrincipal() { tenant }: Principal,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ServersDocumentDto | string> {
    const packaged = await this.extensions.packagedServers(tenant);
    const servers = this.registry.list(tenant).map((record) => definitionOf(record, packaged.get(record.name)));
    const document: ServersDocumentDto = { version: DOCUMENT_VERSION, servers };
    void reply.header('vary', 'Accept');
    if (!accepts(accept, YAML)) return document;
    void reply.type(`${YAML}; charset=utf-8`);
    return stringify(JSON.parse(JSON.stringify(document)), { lineWidth: 0, aliasDuplicateObjects: false });
  }

  @Post('import')
  @HttpCode(200)
  @RouteConfig({ textBody: true, jsonComments: true })
  @ApiOperation({
    summary: "Create and update servers from a document, or from an MCP client's configuration file",
    description:
      "The body is a document of `GET /servers/export`, or a client's file as it is: with `mcpServers` (Claude Desktop, Cursor and most others) " +
      'or `servers` (VS Code), or that of Codex as application/toml. JSON may have comments and trailing commas. Each server of a file is imported for itself, settings that the file does not give stay as they are, and ' +
      '`${env:NAME}` and `${input:id}` become secrets that each user sets (`secrets`). For a document: ' +
      'The whole document is validated first. If it is invalid, nothing is changed. Servers that already match the document keep ' +
      'running. A reference such as `${input:remote.headers.Authorization}`, or "[hidden]", keeps the stored value. It is a fault if there ' +
      'is none, or if it was given for another destination.',
  })
  @ApiExample(ServersDocumentDto, {
    version: 1,
    servers: [{ name: 'handbook', transportType: 'streamable_http', url: 'https://mcp.example.com/handbook' }],
  })
  @ApiConsumes('application/json', YAML)
  @ApiOkResponse({ type: ImportAnswerDto })
  @ApiProblems(400, 413, 415)
  async import(
    @Body() body: object | undefined,
    @Query() { dryRun, prune }: ImportOptionsDto,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<ImportAnswerDto> {
    const options = { dryRun: dryRun === 'true', prune: prune === 'true' };
    const file = clientFileOf(body);
    if (file) {
      const results = await this.imports.runFile(tenant, await clientServers(file), options);
      return { success: true, results, ...warningsAboutFile(file) };
    }
    const { servers } = await documentOf(body);
    return { success: true, results: await this.imports.run(tenant, servers, options) };
  }
}

const pipe = new DtoValidationPipe();

/** @throws ProblemError 400 or 413 if the body is not a document */
const documentOf = async (body: unknown): Promise<ServersDocumentDto> =>
  (await pipe.transform(body, { type: 'body', metatype: ServersDocumentDto })) as ServersDocumentDto;

/** Returns whether the Accept header names this media type and does not refuse it (`q=0`). */
const accepts = (header: string | undefined, mediaType: string): boolean =>
  (header ?? '').split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === mediaType && !parameters.some((parameter) => /^q=0(?:\.0{1,3})?$/.test(parameter));
  });
