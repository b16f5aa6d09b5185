import { Body, Controller, Get, Header, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBadRequestResponse, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { Public, RouteOptions } from '@manifold/auth';
import { Config } from '@manifold/config';
import { ApiProblems, isSameOrigin, ProblemError } from '@manifold/rest';
import { ConnectFlow } from '../flow/connect-flow.js';
import { CONNECT_PATH } from '../clients/gateway-client.js';
import { asProblem } from '../protocol/flow-error-problem.js';
import { ToolFlows } from '../flow/tool-flows.js';
import { ConnectLinks, type ConnectInvitation } from './connect-links.service.js';
import { connectPage, unusableLinkPage } from './connect-pages.js';
import { DepartureDto, UseConnectLinkDto } from './connect.dto.js';

/** Maximum body size in bytes. A link has 43. */
const BODY_LIMIT = 1024;
const HTML = { content: { 'text/html': { schema: { type: 'string' } } } };

/**
 * Serves the page on which users agree to connect to a server. The link is the only credential.
 *
 * Opening the page changes nothing, because mail scanners and browsers open links on their own. Only the button uses the link up. Only the
 * browser in which it was pressed can finish the flow.
 */
@ApiTags('oauth')
@Controller(CONNECT_PATH)
export class ConnectController {
  constructor(
    private readonly links: ConnectLinks,
    private readonly flow: ConnectFlow,
    private readonly toolFlows: ToolFlows,
    private readonly config: Config,
  ) {}

  @Get(':server')
  @Public()
  @ApiOperation({
    summary: 'Show the page on which a user connects to a server',
    description: 'Opening the page does not use up the link.',
  })
  @ApiQuery({ name: 'link', type: String })
  @ApiOkResponse({ description: 'The page', ...HTML })
  @ApiBadRequestResponse({
    description: 'A page that says that the link cannot be used and what the user can do',
    ...HTML,
  })
  async page(
    @Param('server') server: string,
    @Query('link') link: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const invitation = await this.links.look(server, link);
    const gateway = new URL(this.config.publicUrl).host;
    const { html, headers } = invitation ? connectPage(invitation, gateway) : unusableLinkPage(gateway);
    void reply.status(invitation ? 200 : 400).headers(headers);
    return html;
  }

  @Post(':server')
  @HttpCode(200)
  @RouteOptions({ public: true, bodyLimit: BODY_LIMIT })
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Use a connect link',
    description:
      'For the connect page only: requests from other sites are refused. A link works once; later requests get 400.',
  })
  @ApiOkResponse({ type: DepartureDto })
  @ApiProblems(400, 403, 413, 415, 502, 503)
  async depart(
    @Param('server') server: string,
    @Body() { link }: UseConnectLinkDto,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DepartureDto> {
    if (!isSameOrigin(headers, this.config.publicUrl)) {
      throw new ProblemError(403, 'forbidden_site', 'Only the connect page of this gateway may use a connect link');
    }
    const invitation = await this.links.consume(server, link);
    if (!invitation) {
      throw new ProblemError(400, 'connect_link_unusable', 'This link is invalid, expired or already used');
    }
    const { authorizationUrl, setCookie } = await this.start(invitation, headers.cookie).catch(asProblem);
    void reply.header('set-cookie', setCookie);
    return { authorizationUrl };
  }

  private start({ owner, server, challenge, provider }: ConnectInvitation, cookies: string | undefined) {
    if (provider !== undefined) return this.toolFlows.start(owner, provider, cookies);
    return this.flow.start(owner, server, { challenge, cookies });
  }
}
