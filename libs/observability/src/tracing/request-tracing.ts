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

/** Routes without an HTTP span. MCP messages have spans of their own, which begin where the messages are parsed. Probes have none. */
const WITHOUT_SPAN = /^\/(mcp|mcp\/servers\/:name\/mcp|messages|sse|sse\/messages|livez|readyz|healthz|metrics)$/;

/** Sets the trace of each HTTP request: a span for REST requests, the context of the headers for all others. */
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

/** A tracing that creates no spans and only passes contexts on. */
const PASSING = new Tracing();

function end({ trace }: FastifyRequest, { raw: { statusCode } }: FastifyReply): void {
  trace?.end(statusCode >= 500 ? String(statusCode) : undefined, { 'http.response.status_code': statusCode });
}

/** The facts about an HTTP request that the handling of its message needs. Plain data, so that it can be sent to another replica. */
export interface RequestSource {
  readonly requestId: string;
  /** The address of the client. */
  readonly address: string;
  readonly trace?: TraceCarrier;
}

export const sourceOf = ({ id, ip, trace }: FastifyRequest): RequestSource => ({
  requestId: id,
  address: ip,
  trace: trace?.carrier,
});

/**
 * Returns the origin of the calls of a request.
 * @param actor the caller that acts for the principal, if it is another one
 */
export const originOf = ({ ip, trace }: FastifyRequest, actor?: string): CallOrigin => ({ address: ip, actor, trace });
