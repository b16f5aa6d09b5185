import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '@manifold/rest';
import { Tenants } from '@manifold/tenants';
import { sourceKey } from './source-key.js';
import { LimitReached } from './limited.js';
import { Overload } from './overload.js';
import { Rates, REQUESTS_PER_CALL } from './rates.service.js';

/** Seconds after which a request that was shed may come again. */
const SHED_SECONDS = 1;
/** Where an operator looks when nothing else is answered any more, and Prometheus the more often the more replicas there are. */
const METRICS = '/metrics';
/** As its route has it. To all others it is a route that refuses them, and counts like one. */
const METRICS_READERS: readonly string[] = ['operator', 'admin'];

/** What is refused before a method runs. Public routes, probes among them, and the metrics always pass. */
@Injectable()
export class RequestLimits implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly rates: Rates,
    private readonly overload: Overload,
    private readonly tenants: Tenants,
  ) {}

  /** By principal: in the first phase after all of authentication, and before the body is read. */
  onModuleInit(): void {
    const fastify = this.host.httpAdapter?.getInstance<FastifyInstance | undefined>();
    fastify?.addHook('preParsing', (request, _reply, payload, done) => done(this.tooMany(request), payload));
  }

  /** To be called before authentication adds its hook: a request that cannot be served should cost nothing. */
  shedOn(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const refusal = this.shed(request);
      if (refusal) void reply.header('x-request-id', request.id);
      done(refusal);
    });
  }

  /**
   * A credential from this address was wrong. Good ones pass whatever comes of it: the address may be that of a proxy.
   * @returns the refusal to answer with, where there were too many
   */
  wrongCredential(address: string): Problem | undefined {
    const retryAfter = this.rates.addressFailures.take(sourceKey(address), performance.now());
    if (retryAfter === undefined) return undefined;
    return problemOf(new LimitReached('address_failures', 'Too many wrong credentials', retryAfter));
  }

  private tooMany({ principal, routeOptions }: FastifyRequest): Problem | null {
    if (!principal) return null;
    if (routeOptions.url === METRICS && principal.roles.some((role) => METRICS_READERS.includes(role))) return null;
    const { requestsPerPrincipal } = this.tenants.limitsOf(principal.tenant);
    const limit = requestsPerPrincipal === undefined ? undefined : requestsPerPrincipal * REQUESTS_PER_CALL;
    const retryAfter = this.rates.principalRequests.take(principal.key, performance.now(), limit);
    if (retryAfter === undefined) return null;
    return problemOf(new LimitReached('principal_requests', 'Too many requests', retryAfter));
  }

  private shed({ routeOptions }: FastifyRequest): Problem | undefined {
    if (!this.overload.isOver || routeOptions.config?.public || routeOptions.url === METRICS) return undefined;
    const { message, retryAfter } = new LimitReached('overload', 'The gateway has too much to do', SHED_SECONDS);
    return new Problem(503, 'overloaded', message, { retryAfter });
  }
}

const problemOf = ({ message, retryAfter }: LimitReached): Problem =>
  new Problem(429, 'rate_limited', message, { retryAfter });
