import { Controller, Headers, Logger, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Config } from '@manifold/config';
import { ToolFlows } from '../flow/tool-flows.js';
import { answerCallback, CallbackRoute, callbackOf } from './callback.js';

/** Receives browsers that a provider redirects back, for servers that authorize their users with tools. */
@ApiTags('oauth')
@Controller('auth/:provider/callback')
export class ToolCallbackController {
  private readonly logger = new Logger(ToolCallbackController.name);

  constructor(
    private readonly flows: ToolFlows,
    private readonly config: Config,
  ) {}

  @CallbackRoute('code', 'error', 'error_description')
  arrive(
    @Param('provider') provider: string,
    @Query() query: Record<string, unknown>,
    @Headers('cookie') cookies: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const gateway = new URL(this.config.publicUrl).host;
    return answerCallback(this.flows.finish(provider, callbackOf(query), cookies), reply, gateway, this.logger);
  }
}
