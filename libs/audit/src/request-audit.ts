import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DEFAULT_TENANT } from '@manifold/auth';
import { clientAddress, problemOf } from '@manifold/rest';
import { AuditLog } from './audit-log.js';
import { RefusalTally } from './refusal-tally.js';
import { resourceOf } from './request-resource.js';

/** Milliseconds for which similar refusals are counted in one entry. */
const WINDOW_MS = 10_000;
/** The longest reason in characters. */
const LONGEST_REASON = 1_000;
const READING: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
/** MCP routes and the route of tool calls. Tool calls have their own entries. Sessions have none, because there are too many. */
const MCP_ROUTE = /^\/(mcp|mcp\/servers\/:name\/mcp|mcp\/tool\/call|messages|sse|sse\/messages)$/;

/** Returns whether a request that was not refused has an entry. */
function isAudited({ method, routeOptions: { url, config } }: FastifyRequest): boolean {
  if (url === undefined || MCP_ROUTE.test(url)) return false;
  return !READING.includes(method) || config.audited === true;
}

/**
 * Logs changes over REST, reads of routes with the option `audited` (exports, names of secrets), and requests that were refused because of
 * their caller. It uses the route that Fastify matched and is independent of the controllers.
 */
@Injectable()
export class RequestAudit implements OnModuleInit, BeforeApplicationShutdown {
  private readonly refusals = new RefusalTally();
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly log: AuditLog,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter?.getInstance<FastifyInstance | undefined>();
    if (!fastify || !this.log.isOn) return;
    fastify.addHook('onResponse', (request, reply, done) => {
      this.answered(request, reply);
      done();
    });
  }

  beforeApplicationShutdown(): void {
    this.writeRefusals();
  }

  /** Writes an entry for each kind of refusal counted so far. */
  writeRefusals(): void {
    clearTimeout(this.timer);
    for (const refusal of this.refusals.take()) this.log.append(refusal);
  }

  private answered(request: FastifyRequest, reply: FastifyReply): void {
    const { statusCode } = reply.raw;
    const route = request.routeOptions.url ?? 'none';
    if (statusCode === 401) return this.refused(request, 'authenticate', '401');
    if (statusCode === 429) return this.refused(request, `${request.method} ${route}`, '429');
    if (statusCode === 403) return this.refused(request, `${request.method} ${route}`, '403');
    if (!isAudited(request)) return;
    const { principal } = request;
    // The request was rejected because of overload, before authentication. One entry is enough for a burst of such requests.
    if (statusCode === 503 && !principal && !request.routeOptions.config?.public) {
      return this.refused(request, `${request.method} ${route}`, '503');
    }
    const bytes = Number(request.headers['content-length']);
    this.log.append({
      time: Date.now(),
      requestId: request.id,
      tenant: principal?.tenant ?? DEFAULT_TENANT,
      principal: principal?.key,
      authMethod: principal?.method,
      action: `${request.method} ${route}`,
      ...resourceOf(request),
      decision: 'allowed',
      outcome: statusCode < 400 ? 'ok' : 'failed',
      code: statusCode < 400 ? undefined : String(statusCode),
      reason: statusCode < 400 ? undefined : reasonOf(request),
      ms: Math.round(reply.elapsedTime * 10) / 10,
      bytes: Number.isSafeInteger(bytes) ? bytes : undefined,
      source: clientAddress(request),
    });
  }

  /**
   * Counts a refused request. A caller without a valid credential belongs to no tenant, so its refusals go to the log of the tenant
   * "default".
   */
  private refused(request: FastifyRequest, action: string, code: string): void {
    const { principal } = request;
    const isFirst = this.refusals.add(
      {
        tenant: principal?.tenant ?? DEFAULT_TENANT,
        principal: principal?.key,
        authMethod: principal?.method,
        action,
        decision: 'denied',
        outcome: 'refused',
        code,
        reason: reasonOf(request),
        source: clientAddress(request),
      },
      Date.now(),
    );
    if (isFirst) this.timer = setTimeout(() => this.writeRefusals(), WINDOW_MS).unref();
  }
}

/** Returns what the problem of the answer says. Clients have read it, so it contains no secret. */
function reasonOf(request: FastifyRequest): string | undefined {
  const problem = problemOf(request);
  return problem && `${problem.code}: ${problem.message}`.slice(0, LONGEST_REASON);
}
