import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { shortName } from '@manifold/async';
import { processCounter } from '@manifold/metrics';

const answered = processCounter(
  'manifold_http_requests_total',
  'HTTP requests by the route that answered them and the status',
  'method',
  'route',
  'status',
);
const refusals = processCounter(
  'manifold_auth_refusals_total',
  'Requests refused because the credential is missing or invalid, or a role is missing',
  'reason',
);

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** Distinguishes the request ids of different processes and restarts. */
const PROCESS_ID = randomBytes(9).toString('base64url');
let requests = 0;

/** Returns the caller's `X-Request-Id` if it is well-formed, otherwise a new id: unique, not secret. Fastify uses it as `genReqId`. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  if (typeof given === 'string' && REQUEST_ID.test(given)) return given;
  requests += 1;
  return `${PROCESS_ID}-${requests.toString(36)}`;
}

/**
 * Counts each request, writes one log line for it, without its query, headers or body, and sets `X-Request-Id` on every answer. Successful
 * POST requests to MCP endpoints get no line here: the registry has logged their tool calls.
 */
@Injectable()
export class RequestLog implements OnModuleInit {
  private readonly logger = new Logger('Request');

  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter?.getInstance<FastifyInstance | undefined>();
    if (!fastify) return;
    fastify.addHook('onRequest', (request, reply, done) => {
      void reply.header('x-request-id', request.id);
      done();
    });
    fastify.addHook('onResponse', (request, reply, done) => {
      countRequest(request, reply);
      if (request.method !== 'POST' || !request.url.startsWith('/mcp') || reply.raw.statusCode >= 400) {
        this.write(request, reply);
      }
      done();
    });
  }

  private write(request: FastifyRequest, reply: FastifyReply): void {
    this.logger.log({
      msg: 'request',
      requestId: request.id,
      method: request.method,
      path: shortName(request.url.split('?', 1)[0]!),
      status: reply.raw.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
    });
  }
}

/** Counts a request that has been answered. */
function countRequest(request: FastifyRequest, reply: FastifyReply): void {
  const { statusCode } = reply.raw;
  // The label is the pattern of the route, never the path: the caller chooses the path.
  answered.of(request.method, request.routeOptions.url ?? 'none', String(statusCode)).add();
  if (statusCode === 401 || statusCode === 403) refusals.of(refusalOf(request, reply)).add();
}

type Refusal = 'no_credential' | 'bad_credential' | 'forbidden';

/** Returns why a 401 or 403 was answered. The classes reveal nothing that the client cannot know. */
function refusalOf({ headers }: FastifyRequest, { raw }: FastifyReply): Refusal {
  if (raw.statusCode === 403) return 'forbidden';
  const hasCredential = headers.authorization !== undefined || headers['x-api-key'] !== undefined;
  return hasCredential ? 'bad_credential' : 'no_credential';
}
