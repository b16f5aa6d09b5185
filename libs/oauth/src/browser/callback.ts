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
import type { Callback, Connected } from '../flow/connect-flow.js';
import { connectedPage, failurePage } from './connect-pages.js';

const PARAMETERS = ['state', 'code', 'iss', 'error', 'error_description'] as const;

const HTML = { content: { 'text/html': { schema: { type: 'string' } } } };
const WHY_NOT = { description: 'A page that says why the server is not connected', ...HTML };

/**
 * Declares a route to which browsers are redirected back.
 * @param parameters names of optional query parameters
 */
export const CallbackRoute = (...parameters: string[]) =>
  applyDecorators(
    Get(),
    Public(),
    ApiOperation({
      summary: 'Finish the OAuth flow that a user has started',
      description: 'Works once, and only in the browser that started the flow.',
    }),
    ApiQuery({ name: 'state', type: String }),
    ...parameters.map((name) => ApiQuery({ name, type: String, required: false })),
    ApiOkResponse({ description: 'A page that says that the server is connected', ...HTML }),
    ApiBadRequestResponse(WHY_NOT),
    ApiBadGatewayResponse(WHY_NOT),
    ApiServiceUnavailableResponse(WHY_NOT),
  );

/** Returns the parameters of the callback. A parameter that occurs twice, or is not text, counts as missing (RFC 6749, 3.1). */
export const callbackOf = (query: Readonly<Record<string, unknown>>): Callback =>
  Object.fromEntries(PARAMETERS.filter((name) => typeof query[name] === 'string').map((name) => [name, query[name]]));

/**
 * Responds to a redirected browser with a page: for a finished flow, for an error of the flow, and for an unavailable database. Throws any
 * other error.
 * @returns the HTML of the page
 */
export async function answerCallback(
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
