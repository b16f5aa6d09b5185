import type { FastifyReply } from 'fastify';
import { applyDecorators, Get, type Logger } from '@nestjs/common';
import {
  ApiBadGatewayResponse,
  ApiBadRequestResponse,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiServiceUnavailableResponse,
} from '@nestjs/swagger';
import { Public } from '@manifold/auth';
import type { Callback, Connected } from '../connect-flow.js';
import { connectedPage, failurePage } from './connect-pages.js';

const PARAMETERS = ['state', 'code', 'iss', 'error'] as const;

const HTML = { content: { 'text/html': { schema: { type: 'string' } } } };
const WHY_NOT = { description: 'A page that says why it is not', ...HTML };

/** A route to which browsers are sent back. @param parameters that may be missing */
export const CallbackRoute = (...parameters: string[]) =>
  applyDecorators(
    Get(),
    Public(),
    ApiOperation({
      summary: 'The end of a connection that a user has started',
      description: 'Works in the browser that started it, and once.',
    }),
    ApiQuery({ name: 'state', type: String }),
    ...parameters.map((name) => ApiQuery({ name, type: String, required: false })),
    ApiOkResponse({ description: 'A page that says that the server is connected', ...HTML }),
    ApiBadRequestResponse(WHY_NOT),
    ApiBadGatewayResponse(WHY_NOT),
    ApiServiceUnavailableResponse(WHY_NOT),
  );

/** A parameter that comes twice, or is no text, counts as missing (RFC 6749, 3.1). */
export const callbackOf = (query: Readonly<Record<string, unknown>>): Callback =>
  Object.fromEntries(PARAMETERS.filter((name) => typeof query[name] === 'string').map((name) => [name, query[name]]));

/** Answers a browser that came back: with a page in any case that has to do with the flow. @returns its HTML */
export async function arrival(
  finish: Promise<Connected>,
  reply: FastifyReply,
  gateway: string,
  logger: Logger,
): Promise<string> {
  const { status, page } = await finish.then(
    (connected) => ({ status: 200, page: connectedPage(connected, gateway) }),
    (error: unknown) => {
      const failure = failurePage(error, gateway);
      if (!failure) throw error;
      logger.warn({ msg: 'a user could not be connected', err: error });
      return failure;
    },
  );
  void reply.status(status).headers(page.headers);
  return page.html;
}
