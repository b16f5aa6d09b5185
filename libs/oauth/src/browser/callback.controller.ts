import { Controller, Get, Headers, Logger, Query, Res } from '@nestjs/common';
import {
  ApiBadGatewayResponse,
  ApiBadRequestResponse,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '@manifold/auth';
import { Config } from '@manifold/config';
import { ConnectFlow, type Callback } from '../connect-flow.js';
import { CALLBACK_PATH } from '../gateway-client.js';
import { connectedPage, failurePage } from './connect-pages.js';

const HTML = { content: { 'text/html': { schema: { type: 'string' } } } };
const PARAMETERS = ['state', 'code', 'iss', 'error'] as const;

/** Where authorization servers send browsers back to (RFC 6749, 4.1.2). */
@ApiTags('oauth')
@Controller(CALLBACK_PATH)
export class CallbackController {
  private readonly logger = new Logger(CallbackController.name);

  constructor(
    private readonly flow: ConnectFlow,
    private readonly config: Config,
  ) {}

  @Get()
  @Public()
  @ApiOperation({
    summary: 'The end of a connection that a user has started',
    description: 'Works in the browser that started it, and once.',
  })
  @ApiQuery({ name: 'state', type: String })
  @ApiQuery({ name: 'code', type: String, required: false })
  @ApiQuery({ name: 'iss', type: String, required: false })
  @ApiQuery({ name: 'error', type: String, required: false })
  @ApiOkResponse({ description: 'A page that says that the server is connected', ...HTML })
  @ApiBadRequestResponse({ description: 'A page that says why it is not', ...HTML })
  @ApiBadGatewayResponse({ description: 'A page that says why it is not', ...HTML })
  @ApiServiceUnavailableResponse({ description: 'A page that says why it is not', ...HTML })
  async arrive(
    @Query() query: Record<string, unknown>,
    @Headers('cookie') cookies: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const gateway = new URL(this.config.publicUrl).host;
    const { status, page } = await this.finish(callbackOf(query), cookies, gateway);
    void reply.status(status).headers(page.headers);
    return page.html;
  }

  private async finish(callback: Callback, cookies: string | undefined, gateway: string) {
    try {
      return { status: 200, page: connectedPage(await this.flow.finish(callback, cookies), gateway) };
    } catch (error) {
      const failure = failurePage(error, gateway);
      if (!failure) throw error;
      this.logger.warn({ msg: 'a user could not be connected', err: error });
      return failure;
    }
  }
}

/** A parameter that comes twice, or is no text, counts as missing (RFC 6749, 3.1). */
const callbackOf = (query: Readonly<Record<string, unknown>>): Callback =>
  Object.fromEntries(PARAMETERS.filter((name) => typeof query[name] === 'string').map((name) => [name, query[name]]));
