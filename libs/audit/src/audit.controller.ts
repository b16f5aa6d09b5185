import { Readable } from 'node:stream';
import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, CurrentPrincipal, Roles, RouteOptions, type Principal } from '@manifold/auth';
import { ApiProblems } from '@manifold/rest';
import { AuditFilterDto, AuditPageDto, AuditQueryDto } from './audit.dto.js';
import { entryView, filterOf } from './audit.mapper.js';
import { cursorOf, positionOf } from './audit-cursor.js';
import { AuditSearch, type AuditFilter } from './audit-search.service.js';
import { RequestAudit } from './request-audit.js';

const DEFAULT_LIMIT = 100;
/** Lines per chunk of the response. */
const LINES = 100;

/** Reads the audit log of the caller's tenant. No route changes the log. */
@ApiTags('audit')
@ApiAuthenticated()
@ApiProblems(400, 403, 503)
@Controller('audit')
@Roles('admin')
export class AuditController {
  constructor(
    private readonly search: AuditSearch,
    private readonly requests: RequestAudit,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Read the audit log, newest first' })
  @ApiOkResponse({ type: AuditPageDto })
  async list(@Query() query: AuditQueryDto, @CurrentPrincipal() { tenant }: Principal): Promise<AuditPageDto> {
    const { limit, cursor } = query;
    this.requests.writeRefusals();
    const after = cursor === undefined ? undefined : positionOf(cursor);
    const page = await this.search.page(tenant, filterOf(query), Number(limit ?? DEFAULT_LIMIT), after);
    return {
      success: true,
      entries: page.entries.map(entryView),
      ...(page.next && { nextCursor: cursorOf(page.next) }),
    };
  }

  @Get('export')
  @RouteOptions({ audited: true })
  @ApiOperation({
    summary: 'Export the audit log as JSON lines, newest first',
    description:
      'Returns all entries that match the filter, one per line. If the connection breaks, the answer is incomplete.',
  })
  @ApiOkResponse({ description: 'Entries', content: { 'application/x-ndjson': { schema: { type: 'string' } } } })
  export(@Query() query: AuditFilterDto, @CurrentPrincipal() { tenant }: Principal): StreamableFile {
    this.requests.writeRefusals();
    const lines = Readable.from(this.lines(tenant, filterOf(query)), { objectMode: false });
    return new StreamableFile(lines, { type: 'application/x-ndjson' });
  }

  private async *lines(tenant: string, filter: AuditFilter): AsyncGenerator<Buffer> {
    let lines: string[] = [];
    for await (const entry of this.search.all(tenant, filter)) {
      lines.push(`${JSON.stringify(entryView(entry))}\n`);
      if (lines.length < LINES) continue;
      yield Buffer.from(lines.join(''));
      lines = [];
    }
    yield Buffer.from(lines.join(''));
  }
}
