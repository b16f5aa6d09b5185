import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CallOrigin, TraceCarrier } from '@manifold/tool-provider';
import { carrierOf } from './trace-context.js';
import { Tracing, type ServerSpan } from './tracing.js';

declare module 'fastify' {
  interface FastifyRequest {
    trace?: ServerSpan;
  }
}

/** Messages of MCP have spans of their own, begun where they are understood. Probes have none. */
const WITHOUT_SPAN = /^\/(mcp|mcp\/servers\/:name\/mcp|messages|sse|sse\/messages|livez|readyz|healthz|metrics)$/;

/** The trace of each HTTP request: a span for requests by REST, the context of the headers for all others. */
@Injectable()
export class RequestTracing implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly tracing: Tracing,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter?.getInstance<FastifyInstance | undefined>();
    if (!fastify) return;
    fastify.addHook('onRequest', (request, _reply, done) => {
      if (this.tracing.isOn || request.headers.traceparent !== undefined) this.begin(request);
      done();
    });
    fastify.addHook('onResponse', (request, reply, done) => {
      if (request.trace) end(request, reply);
      done();
    });
  }

  private begin(request: FastifyRequest): void {
    const { traceparent, tracestate } = request.headers;
    const headers = carrierOf({ traceparent, tracestate });
    const route = request.routeOptions.url ?? '';
    if (WITHOUT_SPAN.test(route)) {
      request.trace = headers && PASSING.begin('', () => ({}), { headers });
      return;
    }
    const attributes = { 'http.request.method': request.method, 'http.route': route };
    request.trace = this.tracing.begin(`${request.method} ${route}`.trimEnd(), () => attributes, { headers });
  }
}

/** Makes no spans. */
const PASSING = new Tracing();

function end({ trace }: FastifyRequest, { raw: { statusCode } }: FastifyReply): void {
  trace?.end(statusCode >= 500 ? String(statusCode) : undefined, { 'http.response.status_code': statusCode });
}

/** What is known of an HTTP request wherever its message is served: plain data, which may go to another replica. */
export interface RequestSource {
  readonly requestId: string;
  /** The other end of the client's connection. */
  readonly address: string;
  readonly trace?: TraceCarrier;
}

export const sourceOf = ({ id, ip, trace }: FastifyRequest): RequestSource => ({
  requestId: id,
  address: ip,
  trace: trace?.carrier,
});

/** Where the calls of a request come from. @param actor who acts for the principal, where that is somebody else */
export const originOf = ({ ip, trace }: FastifyRequest, actor?: string): CallOrigin => ({ address: ip, actor, trace });
