import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '@manifold/rest';
import { Tenants } from '@manifold/tenants';
import { sourceKey } from './source-key.js';
import { LimitExceededError } from './limited.js';
import { Overload } from './overload.js';
import { Rates, REQUESTS_PER_CALL } from './rates.service.js';

/** Value of Retry-After, in seconds, for a request that is refused because of overload. */
const SHED_SECONDS = 1;
/** The path of the metrics. Operators need them during an overload, and Prometheus reads them more often the more replicas there are. */
const METRICS = '/metrics';
/** The tenant and the roles that may read the metrics, as in the route. Requests of other callers are refused and count towards the limits. */
const METRICS_TENANT = 'default';
const METRICS_READERS: readonly string[] = ['operator', 'admin'];

/** Refuses requests before a controller method runs. Public routes, including probes, and the metrics always pass. */
@Injectable()
export class RequestLimits implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly rates: Rates,
    private readonly overload: Overload,
    private readonly tenants: Tenants,
  ) {}

  /** Checks requests by principal: in the first phase after authentication, before the body is read. */
  onModuleInit(): void {
    const fastify = this.host.httpAdapter?.getInstance<FastifyInstance | undefined>();
    fastify?.addHook('preParsing', (request, _reply, payload, done) => done(this.tooMany(request), payload));
  }

  /** Refuses requests during an overload. Call it before authentication adds its hook, so that a refused request costs almost nothing. */
  shedOn(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const refusal = this.shed(request);
      if (refusal) void reply.header('x-request-id', request.id);
      done(refusal);
    });
  }

  /**
   * Counts a wrong credential from this address. Valid credentials always pass, because the address may belong to a proxy.
   * @returns the refusal to answer with, if there were too many
   */
  wrongCredential(address: string): ProblemError | undefined {
    const retryAfter = this.rates.addressFailures.take(sourceKey(address), performance.now());
    if (retryAfter === undefined) return undefined;
    return problemOf(new LimitExceededError('address_failures', 'Too many wrong credentials', retryAfter));
  }

  private tooMany({ principal, routeOptions }: FastifyRequest): ProblemError | null {
    if (!principal || routeOptions.config?.public) return null;
    if (routeOptions.url === METRICS && readsMetrics(principal)) return null;
    const { requestsPerPrincipal } = this.tenants.limitsOf(principal.tenant);
    const limit = requestsPerPrincipal === undefined ? undefined : requestsPerPrincipal * REQUESTS_PER_CALL;
    const retryAfter = this.rates.principalRequests.take(principal.key, performance.now(), limit);
    if (retryAfter === undefined) return null;
    return problemOf(new LimitExceededError('principal_requests', 'Too many requests', retryAfter));
  }

  private shed({ routeOptions }: FastifyRequest): ProblemError | undefined {
    if (!this.overload.isOver || routeOptions.config?.public || routeOptions.url === METRICS) return undefined;
    const { message, retryAfter } = new LimitExceededError('overload', 'The gateway is overloaded', SHED_SECONDS);
    return new ProblemError(503, 'overloaded', message, { retryAfter });
  }
}

const readsMetrics = ({ tenant, roles }: NonNullable<FastifyRequest['principal']>): boolean =>
  tenant === METRICS_TENANT && roles.some((role) => METRICS_READERS.includes(role));

const problemOf = ({ message, retryAfter }: LimitExceededError): ProblemError =>
  new ProblemError(429, 'rate_limited', message, { retryAfter });
