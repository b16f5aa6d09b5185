import type { FastifyReply } from 'fastify';
import type { Logger } from '@nestjs/common';
import type { Callback, Connected } from '../connect-flow.js';
import { connectedPage, failurePage } from './connect-pages.js';

const PARAMETERS = ['state', 'code', 'iss', 'error'] as const;

export const HTML = { content: { 'text/html': { schema: { type: 'string' } } } };

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
