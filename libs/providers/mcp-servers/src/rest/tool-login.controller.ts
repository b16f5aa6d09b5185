import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { actingUser, ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiProblems, invalidRequest, ProblemError } from '@manifold/rest';
import { type ServerRecord, tokenProviderOf } from '@manifold/mcp-hosting';
import { VisibleServers } from '../registry/visible-servers.service.js';
import { ToolCredentialsService } from '../consent/tool-credentials.service.js';

/** The start of a login at a provider, for servers that authorize their users by tools. A front end sends its users here. */
@ApiTags('oauth')
@ApiAuthenticated()
@ApiProblems(400, 403, 404, 503)
@Controller('auth/:provider/login')
@Roles('user')
export class ToolLoginController {
  constructor(
    private readonly servers: VisibleServers,
    private readonly credentials: ToolCredentialsService,
  ) {}

  @Get()
  @ApiOperation({
    summary: "Start to connect a user's account at a provider",
    description:
      'Redirects to a connect link, which works in any browser, once and for 15 minutes. A service can request the link for its user ' +
      "and send the user's browser there.",
  })
  @ApiQuery({
    name: 'user_id',
    type: String,
    required: false,
    description: 'The user, the same as `username` in other routes',
  })
  @ApiQuery({
    name: 'server',
    type: String,
    required: false,
    description: 'The registered server. Required if several servers authorize their users at this provider',
  })
  @ApiResponse({ status: 302, description: 'Redirect to the page on which the user connects' })
  async login(
    @Param('provider') provider: string,
    @Query() query: Record<string, unknown>,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const principal = actingUser(caller, textIn(query, 'user_id'));
    const record = this.serverFor(principal, provider, textIn(query, 'server'));
    const link = await this.credentials.linkFor(principal, record);
    void reply.status(302).headers({ location: link, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  }

  private serverFor(principal: Principal, provider: string, name: string | undefined): ServerRecord {
    const able = this.servers
      .list(principal)
      .filter((record) => record.enabled && tokenProviderOf(record) === provider);
    const [chosen, ...others] = name === undefined ? able : able.filter((record) => record.name === name);
    if (!chosen) throw new ProblemError(404, 'server_not_found', 'No server authorizes its users at this provider');
    if (others.length === 0) return chosen;
    const detail = `server must be one of ${able.map((record) => record.name).join(', ')}`;
    throw invalidRequest([{ pointer: '/server', code: 'required', detail }]);
  }
}

function textIn(query: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalidRequest([{ pointer: `/${name}`, code: 'isString', detail: `${name} must be given once` }]);
}
