import { Controller, Get, Headers, Logger, Param, Query, Res } from '@nestjs/common';
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
import { ToolFlows } from '../tool-flows.js';
import { arrival, callbackOf, HTML } from './callback.js';

/** Where providers send browsers back to for servers that authorize their users by tools. */
@ApiTags('oauth')
@Controller('auth/:provider/callback')
export class ToolCallbackController {
  private readonly logger = new Logger(ToolCallbackController.name);

  constructor(
    private readonly flows: ToolFlows,
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
  @ApiQuery({ name: 'error', type: String, required: false })
  @ApiOkResponse({ description: 'A page that says that the server is connected', ...HTML })
  @ApiBadRequestResponse({ description: 'A page that says why it is not', ...HTML })
  @ApiBadGatewayResponse({ description: 'A page that says why it is not', ...HTML })
  @ApiServiceUnavailableResponse({ description: 'A page that says why it is not', ...HTML })
  arrive(
    @Param('provider') provider: string,
    @Query() query: Record<string, unknown>,
    @Headers('cookie') cookies: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const gateway = new URL(this.config.publicUrl).host;
    return arrival(this.flows.finish(provider, callbackOf(query), cookies), reply, gateway, this.logger);
  }
}
