import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { countRequest } from './request-metrics.js';

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** Tells processes and restarts apart. */
const PROCESS_ID = randomBytes(9).toString('base64url');
let requests = 0;

/** The caller's `X-Request-Id` where it is well-formed, else a new one: unique, not secret. Fastify's `genReqId`. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  if (typeof given === 'string' && REQUEST_ID.test(given)) return given;
  requests += 1;
  return `${PROCESS_ID}-${requests.toString(36)}`;
}

/**
 * One log line per request, without its query, headers or body, and `X-Request-Id` on every answer. A tool call that was
 * answered has its line already, from the registry.
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
      path: request.url.split('?', 1)[0],
      status: reply.raw.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
    });
  }
}
