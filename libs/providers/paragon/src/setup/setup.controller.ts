import { Body, Controller, Get, Header, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiBadRequestResponse, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { Public, RouteOptions } from '@manifold/auth';
import { Config, ParagonConfig } from '@manifold/config';
import { ApiProblems, Problem } from '@manifold/rest';
import { UserTokens } from '../user-tokens.service.js';
import { newNonce, pageHeaders } from './page/page-headers.js';
import { setupPage } from './page/setup-page.js';
import { unusableLinkPage } from './page/unusable-link-page.js';
import { isSameOrigin } from './same-origin.js';
import { SetupCredentialsDto, UseSetupLinkDto } from './setup.dto.js';
import { SetupLinks } from './setup-links.service.js';

/** Seconds that the token in the user's browser is good: enough to sign in somewhere, useless soon after. */
const TOKEN_LIFETIME = 600;
/** Bytes. A token has 43. */
const BODY_LIMIT = 1024;

const HTML = { content: { 'text/html': { schema: { type: 'string' } } } };

/**
 * Where users connect an integration: whoever has the link needs no other credential.
 *
 * Opening the page changes nothing, because mail scanners and browsers open links that nobody asked them to open. Only the button uses
 * the link up, and the answer to it is the only place where a credential is shown.
 */
@ApiTags('setup')
@Controller('setup')
export class SetupController {
  constructor(
    private readonly links: SetupLinks,
    private readonly tokens: UserTokens,
    private readonly project: ParagonConfig,
    private readonly config: Config,
  ) {}

  @Get()
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  @ApiOperation({
    summary: 'The page on which a user connects an integration',
    description: 'Does not use the link up.',
  })
  @ApiQuery({ name: 'token', type: String })
  @ApiOkResponse({ description: 'The page', ...HTML })
  @ApiBadRequestResponse({ description: 'A page that says that the link cannot be used, and what to do', ...HTML })
  async page(@Query('token') token: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const nonce = newNonce();
    void reply.headers(pageHeaders(nonce, this.project));
    const link = typeof token === 'string' ? await this.links.look(token) : undefined;
    const gateway = new URL(this.config.publicUrl).host;
    if (link) return setupPage(link, this.project, gateway, nonce);
    void reply.status(400);
    return unusableLinkPage(gateway, nonce);
  }

  @Post()
  @HttpCode(200)
  @RouteOptions({ public: true, bodyLimit: BODY_LIMIT })
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Use a setup link up',
    description:
      'For the page only: a request of another site is refused. One request per link is answered; the next gets 400.',
  })
  @ApiOkResponse({ type: SetupCredentialsDto })
  @ApiProblems(400, 403, 413, 415, 503)
  async use(@Body() { token }: UseSetupLinkDto, @Headers() headers: IncomingHttpHeaders): Promise<SetupCredentialsDto> {
    if (!isSameOrigin(headers, this.config.publicUrl)) {
      throw new Problem(403, 'forbidden_site', 'Only the setup page of this gateway may use a setup link');
    }
    const link = await this.links.consume(token);
    if (!link) throw new Problem(400, 'setup_link_unusable', 'The link has been used, has expired, or never was one');
    const { projectId, subject, integration } = link;
    return { projectId, userToken: await this.tokens.mint(subject, TOKEN_LIFETIME), integration };
  }
}
