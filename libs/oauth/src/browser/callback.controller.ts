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
import { ConnectFlow } from '../connect-flow.js';
import { CALLBACK_PATH } from '../gateway-client.js';
import { arrival, callbackOf, HTML } from './callback.js';

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
  arrive(
    @Query() query: Record<string, unknown>,
    @Headers('cookie') cookies: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const gateway = new URL(this.config.publicUrl).host;
    return arrival(this.flow.finish(callbackOf(query), cookies), reply, gateway, this.logger);
  }
}
