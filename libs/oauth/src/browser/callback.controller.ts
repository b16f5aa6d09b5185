import { Controller, Headers, Logger, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Config } from '@manifold/config';
import { ConnectFlow } from '../flow/connect-flow.js';
import { CALLBACK_PATH } from '../clients/gateway-client.js';
import { answerCallback, CallbackRoute, callbackOf } from './callback.js';

/** Receives browsers that an authorization server redirects back (RFC 6749, 4.1.2). */
@ApiTags('oauth')
@Controller(CALLBACK_PATH)
export class CallbackController {
  private readonly logger = new Logger(CallbackController.name);

  constructor(
    private readonly flow: ConnectFlow,
    private readonly config: Config,
  ) {}

  @CallbackRoute('code', 'iss', 'error', 'error_description')
  arrive(
    @Query() query: Record<string, unknown>,
    @Headers('cookie') cookies: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const gateway = new URL(this.config.publicUrl).host;
    return answerCallback(this.flow.finish(callbackOf(query), cookies), reply, gateway, this.logger);
  }
}
