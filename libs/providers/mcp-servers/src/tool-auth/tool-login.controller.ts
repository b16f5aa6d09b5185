import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { actingUser, ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiProblems, invalidRequest, Problem } from '@manifold/rest';
import type { ServerRecord } from '../server-record.js';
import { VisibleServers } from '../access/visible-servers.service.js';
import { toolProviderOf } from './tool-auth-type.js';
import { ToolCredentialsService } from './tool-credentials.service.js';

/** Where a front end sends its users to connect an account for a server that authorizes them by tools. */
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
    summary: "Begin the connection of a user's account at a provider",
    description:
      'Redirects to a connect link, which works in any browser, once and for 15 minutes. A service can ask for its user, and send the ' +
      "user's browser there.",
  })
  @ApiQuery({ name: 'user_id', type: String, required: false, description: 'The user; as `username` elsewhere' })
  @ApiQuery({
    name: 'server',
    type: String,
    required: false,
    description: 'Which server, where several authorize their users at this provider',
  })
  @ApiResponse({ status: 302, description: 'To the page on which the user connects' })
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
    const able = this.servers.list(principal).filter((record) => record.enabled && toolProviderOf(record) === provider);
    const [chosen, ...others] = name === undefined ? able : able.filter((record) => record.name === name);
    if (!chosen) throw new Problem(404, 'server_not_found', 'No server authorizes its users at this provider');
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
