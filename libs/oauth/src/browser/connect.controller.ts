import { Body, Controller, Get, Header, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBadRequestResponse, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { Public, RouteOptions } from '@manifold/auth';
import { Config } from '@manifold/config';
import { ApiProblems, Problem } from '@manifold/rest';
import { ConnectFlow } from '../connect-flow.js';
import { CONNECT_PATH } from '../gateway-client.js';
import { asProblem } from '../fault-problem.js';
import { ToolFlows } from '../tool-flows.js';
import { ConnectLinks, type ConnectInvitation } from './connect-links.service.js';
import { connectPage, unusableLinkPage } from './connect-pages.js';
import { DepartureDto, UseConnectLinkDto } from './connect.dto.js';
import { isSameOrigin } from './same-origin.js';

/** Bytes. A link has 43. */
const BODY_LIMIT = 1024;
const HTML = { content: { 'text/html': { schema: { type: 'string' } } } };

/**
 * Where users agree to connect to a server: whoever has the link needs no other credential.
 *
 * Opening the page changes nothing, because mail scanners and browsers open links that nobody asked them to open. Only the button uses
 * the link up; the browser that pressed it is the only one that can finish.
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
  @ApiOperation({ summary: 'The page on which a user connects to a server', description: 'Does not use the link up.' })
  @ApiQuery({ name: 'link', type: String })
  @ApiOkResponse({ description: 'The page', ...HTML })
  @ApiBadRequestResponse({ description: 'A page that says that the link cannot be used, and what to do', ...HTML })
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
    summary: 'Use a connect link up',
    description:
      'For the page only: a request of another site is refused. One request per link is answered; the next gets 400.',
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
      throw new Problem(403, 'forbidden_site', 'Only the connect page of this gateway may use a connect link');
    }
    const invitation = await this.links.consume(server, link);
    if (!invitation) {
      throw new Problem(400, 'connect_link_unusable', 'The link has been used, has expired, or never was one');
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
