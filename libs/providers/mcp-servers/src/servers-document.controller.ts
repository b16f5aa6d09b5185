import { Body, Controller, Get, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { stringify } from 'yaml';
import { ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiProblems } from '@manifold/rest';
import { ServerExtensions } from '@manifold/server-hosting';
import { ServerImport } from './server-import.service.js';
import { ServerRegistry } from './server-registry.service.js';
import { definitionOf } from './servers-document.js';
import { DOCUMENT_VERSION, ImportAnswerDto, ImportOptionsDto, ServersDocumentDto } from './servers-document.dto.js';
import { YAML } from './yaml-bodies.js';

/** All servers of a tenant as one document, to be kept in a repository. */
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
  @ApiOperation({
    summary: 'All registered servers as a document, without secrets',
    description: 'JSON, or YAML where the caller accepts application/yaml. Confidential headers read as "[hidden]".',
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
  @RouteConfig({ yamlBody: true })
  @ApiOperation({
    summary: 'Create and update servers as a document says',
    description:
      'The document is checked as a whole first: a fault changes nothing. A server that already is as the document says goes on ' +
      'undisturbed. "[hidden]" headers keep what is stored.',
  })
  @ApiConsumes('application/json', YAML)
  @ApiBody({ type: ServersDocumentDto })
  @ApiOkResponse({ type: ImportAnswerDto })
  @ApiProblems(400, 413, 415)
  async import(
    @Body() { servers }: ServersDocumentDto,
    @Query() { dryRun, prune }: ImportOptionsDto,
    @CurrentPrincipal() { tenant }: Principal,
  ): Promise<ImportAnswerDto> {
    const options = { dryRun: dryRun === 'true', prune: prune === 'true' };
    return { success: true, results: await this.imports.run(tenant, servers, options) };
  }
}

/** Whether the caller names this media type and does not refuse it. */
const accepts = (header: string | undefined, mediaType: string): boolean =>
  (header ?? '').split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === mediaType && !parameters.some((parameter) => /^q=0(?:\.0{1,3})?$/.test(parameter));
  });
