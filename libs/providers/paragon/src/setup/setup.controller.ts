import { Body, Controller, Get, Header, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiBadRequestResponse, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { Public, RouteOptions } from '@manifold/auth';
import { Config, ParagonConfig } from '@manifold/config';
import { ApiProblems, isSameOrigin, ProblemError } from '@manifold/rest';
import { UserTokens } from '../user-tokens.service.js';
import { newNonce, pageHeaders } from './page/page-headers.js';
import { setupPage } from './page/setup-page.js';
import { unusableLinkPage } from './page/unusable-link-page.js';
import { SetupCredentialsDto, UseSetupLinkDto } from './setup.dto.js';
import { SetupLinks } from './setup-links.service.js';

/** Lifetime in seconds of the token in the user's browser. This is long enough for a sign-in, but limits misuse afterwards. */
const TOKEN_LIFETIME = 600;
/** Maximum size of the body in bytes. A token has 43. */
const BODY_LIMIT = 1024;

const HTML = { content: { 'text/html': { schema: { type: 'string' } } } };

/**
 * The page on which a user connects an integration. The link is the only credential.
 *
 * Opening the page changes nothing, because mail scanners and browsers open links without an action of the user. Only the button uses up
 * the link, and only its response contains a credential.
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
    summary: 'Show the page on which a user connects an integration',
    description: 'Opening the page does not use up the link.',
  })
  @ApiQuery({ name: 'token', type: String })
  @ApiOkResponse({ description: 'The page', ...HTML })
  @ApiBadRequestResponse({
    description: 'A page that says that the link cannot be used and what the user can do',
    ...HTML,
  })
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
    summary: 'Use a setup link',
    description:
      'For the setup page only: requests from other sites are refused. A link works once; later requests get 400.',
  })
  @ApiOkResponse({ type: SetupCredentialsDto })
  @ApiProblems(400, 403, 413, 415, 503)
  async use(@Body() { token }: UseSetupLinkDto, @Headers() headers: IncomingHttpHeaders): Promise<SetupCredentialsDto> {
    if (!isSameOrigin(headers, this.config.publicUrl)) {
      throw new ProblemError(403, 'forbidden_site', 'Only the setup page of this gateway may use a setup link');
    }
    const link = await this.links.consume(token);
    if (!link) throw new ProblemError(400, 'setup_link_unusable', 'This link is invalid, expired or already used');
    const { projectId, user, integration } = link;
    return { projectId, userToken: await this.tokens.mint(user, TOKEN_LIFETIME), integration };
  }
}
